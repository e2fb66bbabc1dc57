"""The durable work queue and the RabbitMQ side: enqueue, claim, complete; publish, consume."""
