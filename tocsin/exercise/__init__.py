"""Exercises: a scenario is played into an exercise network, and what each authority did in time is scored."""
