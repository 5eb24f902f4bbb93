"""What must come of a seed, computed in plain Python from what senders and people said. Shares no code with the product.

It sees every event at once and in no order, so it knows nothing of logs, offsets, panes or restatement; sums are whole numbers.
"""
