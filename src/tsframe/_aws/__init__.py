"""Amazon Timestream, and anything that speaks its protocol, through boto3."""
