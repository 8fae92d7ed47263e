"""The codec: pure functions between our values and AWS's shapes. It knows neither HTTP nor boto3."""
