"""Definitions in files, JSON or YAML, one or a list of them per file.

They are read, checked, saved and published.

    kind: segment            # or trait
    name: vips
    description: Whoever pays for the best plan.
    purpose: advertising     # of a segment
    rule: {type: trait, name: plan, condition: {op: equals, value: vip}}

A problem names the file, the definition and the place in its rule: ``vips.yaml: vips:
$.condition.op: …``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from psycopg import Connection
from pydantic import ValidationError

from api.segments.definitions_schemas import TraitRequest
from api.segments.rule_checks import checked_rule, checked_trait_rule
from api.segments.schemas import SegmentRequest
from api.web.problems import json_path, problem_of
from domain.values import Json
from operators.rules.references import DefinitionParams, RuleProblem
from store.definitions import publish as publishing
from store.definitions.drafts import Author, Draft, Kind
from store.definitions.effects import Published
from store.definitions.errors import InvalidDefinitionError
from store.definitions.lists import named
from store.definitions.versions import create, save

_MODELS: Final[Mapping[str, type[SegmentRequest] | type[TraitRequest]]] = {
    "segment": SegmentRequest,
    "trait": TraitRequest,
}


class FileError(Exception):
    """A file that cannot be read, or a definition in it that does not hold.

    The message says where and what to do.
    """


@dataclass(frozen=True)
class FileDefinition:
    """One definition of a file.

    Attributes:
        place: file and name, for messages.
        kind: segment or trait.
        draft: what to save; its name is given.
    """

    place: str
    kind: Kind
    draft: Draft


@dataclass(frozen=True)
class Applied:
    """One definition after it was saved.

    Attributes:
        id: of the definition.
        version: its newest.
        published: what publishing did; None where it was not requested.
    """

    id: int
    version: int
    published: Published | None


class _Loader(yaml.SafeLoader):
    """YAML as JSON has it: a date is a text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_file(
    path: Path, params: DefinitionParams, kind: Kind | None = None
) -> list[FileDefinition]:
    """Read and check every definition of a file.

    Args:
        path: JSON or YAML; JSON is YAML.
        params: bounds of rules.
        kind: what the file should hold; None: what each definition says.

    Raises:
        FileError: it cannot be read, or a definition does not hold.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        reason = str(error).partition("\n")[0]
        raise FileError(f"{path}: cannot be read: {reason}") from error
    documents = content if isinstance(content, list) else [content]
    return [_definition(str(path), document, params, kind) for document in documents]


def _definition(
    file: str, document: Json, params: DefinitionParams, wanted: Kind | None
) -> FileDefinition:
    if not isinstance(document, dict):
        raise FileError(f"{file}: a definition is an object with kind, name and rule")
    kind = str(document.get("kind", wanted))
    if kind not in _MODELS or (wanted is not None and kind != wanted):
        raise FileError(f"{file}: $.kind: kinds here are {wanted or ' and '.join(_MODELS)}")
    name = document.get("name")
    place = f"{file}: {name}" if isinstance(name, str) else file
    fields = {key: value for key, value in document.items() if key != "kind"}
    try:
        return _read(place, fields, params, kind)
    except ValidationError as error:
        problems = list(_problems(error, fields))
    except InvalidDefinitionError as error:
        problems = list(error.problems)
    raise FileError(
        "\n".join(f"{place}: {problem.path}: {problem.message}" for problem in problems)
    )


def _read(
    place: str, fields: dict[str, Any], params: DefinitionParams, kind: str
) -> FileDefinition:
    if kind == "trait":
        trait = TraitRequest.model_validate(fields)
        rule = checked_trait_rule(trait.rule)
        return FileDefinition(place, "trait", Draft(rule, "", trait.name, trait.description))
    segment = SegmentRequest.model_validate(fields)
    draft = Draft(
        checked_rule(segment.rule, params), segment.purpose, segment.name, segment.description
    )
    return FileDefinition(place, "segment", draft)


def _problems(error: ValidationError, fields: dict[str, Any]) -> Iterator[RuleProblem]:
    """Places within the rule start at the rule, as the API tells them; others at the definition."""
    for item in error.errors(include_url=False, include_input=False):
        location = item["loc"]
        if location[:1] == ("rule",) and "rule" in fields:
            yield problem_of(item, location[1:], fields["rule"])
        else:
            yield RuleProblem(
                json_path(location, fields), problem_of(item, location, fields).message
            )


def apply_definition(
    conn: Connection[Any], author: Author, definition: FileDefinition, *, publish: bool
) -> Applied:
    """Create a definition, or save it as a new version of the one of its name.

    Publish it where asked for.

    Raises:
        DefinitionError: as `store.definitions.versions` and `store.definitions.publish` do.
    """
    kind, draft = definition.kind, definition.draft
    number = named(conn, author.workspace, kind, draft.name or "")
    if number is None:
        number, version = create(conn, author, kind, draft), 1
    else:
        version = save(conn, author, kind, number, draft)
    if not publish:
        return Applied(number, version, None)
    make_live = publishing.publish_segment if kind == "segment" else publishing.publish_trait
    return Applied(number, version, make_live(conn, author, number))
