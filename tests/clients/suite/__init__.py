"""AWS's own clients judge the simulated AWS, and moto beside it."""
