"""Resource Graph through Microsoft's client: whole results or none, within its quota, and errors
with a fix.

https://learn.microsoft.com/en-us/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
"""

import logging
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.errors import InputError, missing_package, refuse
from hotpatch_cli.inputs.live.queries import QUERIES, SUBSCRIPTIONS, Query
from hotpatch_cli.inputs.live.rows import Row
from hotpatch_cli.inputs.live.scope import AzureScope

if TYPE_CHECKING:
    from hotpatch_cli.inputs.live import Watcher
    from hotpatch_cli.inputs.live.client import GraphClient

PAGE = 1000
"""Rows of a page: the most that the service gives."""
MAX_ROWS = 5_000_000
_READINGS = 3


class ResultPage(NamedTuple):
    """One answer: its rows, how many there are in all, and how to get the next ones."""

    rows: list[Row]
    total: int
    token: str | None


class Service:
    """A signed-in client and the scope that it asks about. Use it as a context manager: that closes
    connections.
    """

    def __init__(
        self,
        client: "GraphClient",
        scope: AzureScope,
        watch: "Watcher",
        pace: Any,
    ) -> None:
        self._client = client
        self._scope = scope
        self._watch = watch
        self._pace = pace
        self._where: dict[str, list[str]] = {}

    @classmethod
    def of(cls, scope: AzureScope, watch: "Watcher") -> "Service":
        """The service of a scope's cloud. Raises InputError where the packages for it are not
        installed.
        """
        try:
            from hotpatch_cli.inputs.live.client import connect
        except ImportError as error:
            if not (error.name or "").startswith(("azure", "msal")):
                raise
            raise missing_package("--azure", "Reading from Azure", "azure") from None
        logging.getLogger("azure").addHandler(
            logging.NullHandler()
        )  # its errors are reported in our own words
        client, pace = connect(scope)
        return cls(client, scope, watch, pace)

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._client.__exit__(*problem)

    def everything(self) -> list[Row]:
        """The rows of all queries. Raises InputError: a part of the data would hide the missing
        rows.
        """
        self._where = self._subscriptions()
        rows: list[Row] = []
        for query in QUERIES:
            rows += self._all(query)
        return rows

    def _subscriptions(self) -> dict[str, list[str]]:
        """Where to ask, as the service wants it. Each subscription that was named must be there to
        be read.
        """
        groups, wanted = list(self._scope.management_groups), self._scope.subscriptions
        self._where = {"managementGroups": groups} if groups else {}
        seen = self._all(SUBSCRIPTIONS)
        if not seen:
            said = "This account can't read any subscription in this scope."
            raise refuse(
                self._scope.name,
                said,
                "Request the Reader role on the subscriptions or their management group.",
            )
        if not wanted:
            return self._where
        ids = {
            str(row.get("subscriptionId")).lower(): str(row.get("subscriptionId")) for row in seen
        }
        names: dict[str, list[str]] = {}
        for row in seen:
            names.setdefault(str(row.get("name")).lower(), []).append(
                str(row.get("subscriptionId"))
            )
        found = {
            name: [ids[name.lower()]] if name.lower() in ids else names.get(name.lower(), [])
            for name in wanted
        }
        raise_unknown(self._scope.name, found, len(seen))
        return {"subscriptions": list(chain.from_iterable(found.values()))}

    def _all(self, query: Query) -> list[Row]:
        """All rows of a query, each once. Rows that come or go while pages are read make it read
        once more.
        """
        for _ in range(_READINGS):
            rows: dict[str, Row] = {}
            received, total, bound = 0, 0, None
            for page in self._pages(query):
                rows.update((self._id_of(row, query).lower(), row) for row in page.rows)
                total = page.total
                self._watch(query.about, len(rows), total)
                received += len(page.rows)
                bound = total if bound is None else bound
                if page.token and received > bound:
                    break  # more pages than rows: they repeat, or never end
            else:
                if len(rows) == total:
                    return list(rows.values())
        said = f"The {query.about} changed during the query: {len(rows)} of {total} received."
        raise refuse(self._scope.name, said, "Try again.")

    def _id_of(self, row: object, query: Query) -> str:
        found = row.get("id") if isinstance(row, dict) else None
        if not isinstance(found, str) or not found:
            raise self._strange(query, "a row has no id")
        return found

    def _pages(self, query: Query) -> Iterator[ResultPage]:
        """The pages of a query. A token that came before, or a page without rows, would go on
        forever.
        """
        tokens: set[str | None] = set()
        token: str | None = None
        count = 0
        while token not in tokens:
            tokens.add(token)
            page = self._page(query, token)
            yield page
            count += len(page.rows)
            if not page.token:
                return
            if not page.rows or count > MAX_ROWS:
                break
            token = page.token
        raise self._strange(query, "it never ends")

    def _page(self, query: Query, token: str | None) -> ResultPage:
        options = {"$top": PAGE, "$skipToken": token, "resultFormat": "objectArray"}
        if token is None:
            del options["$skipToken"]
        request = {"query": query.text, "options": options, **self._where}
        answer, headers = self._asked(request, query)
        if not isinstance(answer, dict):
            raise self._strange(query, "it isn't an object")
        if headers.get("x-ms-tenant-subscription-limit-hit", "").lower() == "true":
            said = "There are more than 10000 subscriptions, the limit of one query."
            raise refuse(
                self._scope.name,
                said,
                "Specify some of them with --subscription or --management-group.",
            )
        self._pace.after(headers)
        data, more = answer.get("data"), answer.get("$skipToken")
        total: Any = answer.get("totalRecords")
        counted = _is_count(total) and _is_count(answer.get("count"))
        if not isinstance(data, list) or not counted or answer["count"] != len(data):
            raise self._strange(query, "it has no rows or no row count")
        if more is not None and not isinstance(more, str):
            raise self._strange(query, "its skip token isn't text")
        if str(answer.get("resultTruncated")).lower() == "true" and not more:
            said = f"Azure truncated the list of {query.about}."
            raise refuse(self._scope.name, said, "Specify fewer subscriptions with --subscription.")
        return ResultPage(data, total, more)

    def _asked(self, request: dict[str, Any], query: Query) -> tuple[Any, Mapping[str, str]]:
        """The answer and its headers. Raises InputError in words that a person can act on."""
        from azure.core.exceptions import AzureError

        from hotpatch_cli.inputs.live.answer import AnswerError
        from hotpatch_cli.inputs.live.error_messages import not_json, told

        try:
            return self._client.resources(request)
        except AzureError as error:
            raise told(error, self._scope, query.about) from None
        except AnswerError as error:
            raise self._strange(query, str(error)) from None
        except RecursionError:
            raise self._strange(query, "it is nested too deeply") from None
        except ValueError:
            raise not_json(self._scope, query.about) from None

    def _strange(self, query: Query, why: str) -> InputError:
        said = f"Azure's response for {query.about} can't be read: {why}."
        return refuse(
            self._scope.name, said, "Try again, and check for a proxy between you and Azure."
        )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def raise_unknown(name: str, found: Mapping[str, list[str]], count: int) -> None:
    """Raise InputError for subscriptions that are not there, or a name that several have."""
    for wanted, listed in found.items():
        if not listed:
            said = (
                f"The subscription {quoted(wanted)} isn't among the {count} "
                "that this account can read."
            )
            raise refuse(
                name, said, "Check the name with `az account list`, or request the Reader role."
            )
        if len(listed) > 1:
            raise refuse(
                name,
                f"{len(listed)} subscriptions are named {quoted(wanted)}.",
                "Specify the subscription id.",
            )
