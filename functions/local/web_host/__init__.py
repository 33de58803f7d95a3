"""The dashboard's server on one machine: API Gateway and CloudFront in one small process."""
