"""Who answers: agents, queues, and the choice between them by skill and priority."""
