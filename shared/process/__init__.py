"""What a process gives each service it runs, and what a wired service is.

Not here: which services run (`services.targets`), the threads that drive them (`shared.runtime.supervisor`), HTTP itself
(`shared.web`).
"""
