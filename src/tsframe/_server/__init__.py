"""The endpoint: any service behind the protocol of AWS, in process and on a socket."""
