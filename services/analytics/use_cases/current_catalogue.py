"""The definitions, read again only when one has changed."""

from services.analytics.domain.catalogue import Catalogue
from services.analytics.ports.defining import DefinitionsReader


class CurrentCatalogue:
    """Keeps what was read last. Used by one thread."""

    def __init__(self) -> None:
        self._known: Catalogue | None = None

    def read(self, definitions: DefinitionsReader) -> Catalogue:
        """The definitions as of the reader's transaction; one small query while nothing has changed."""
        if self._known is None or self._known.revision != definitions.revision():
            self._known = definitions.catalogue()
        return self._known
