"""HTTP for every service: one application from many routers, problem documents, actor, raw bodies, pages, health.

The only asynchronous code. Not here: any route of a service (its own `entrypoints/http.py`).
"""
