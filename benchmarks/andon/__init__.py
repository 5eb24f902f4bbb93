"""Andon itself: as the processes that an operator starts, and stage by stage."""
