"""The platform's management API, with which test tools create apps, keys and products, as in Apigee Edge."""
