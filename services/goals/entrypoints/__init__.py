"""Ways into goals: HTTP, topics and the activation timer."""
