"""Amazon API Gateway (REST APIs): answers calls of deployed APIs, which moto's server does not."""
