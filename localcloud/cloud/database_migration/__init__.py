"""AWS Database Migration Service: tasks that really replicate, by `localcloud.replication`."""
