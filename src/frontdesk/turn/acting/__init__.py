"""Acting: a message moves a workflow on, and other systems are asked or changed on the customer's own behalf."""
