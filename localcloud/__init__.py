"""The laptop cloud: the AWS that the local environment deploys to."""
