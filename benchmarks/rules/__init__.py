"""What judging by rules costs: each kind a value, what is remembered, and the SPC core beside plain numpy."""
