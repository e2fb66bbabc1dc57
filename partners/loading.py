"""From the files of a profiles folder to a register, or to every fault in them.

A file ending in ``.yaml`` or ``.yml`` holds a profile; any other is an attachment that a profile may name, such as a
file of public keys. A profile has up to five keys at its top: ``party``, ``channels``, ``agreements``, ``template``
and ``code_list``. One file for each counterpart, with its party, channels and agreements, reads best, but the layout is
free: ``party`` in a channel or an agreement may be left out where the file has one.

Loading goes through the same steps for all files, and a fault in one step hides none in the next: read the YAML; sort
what is there by kind; put attachments in; merge templates; validate; check references; look for clashes. Names count as
known as soon as they are written, whatever else is wrong with what they name, so one mistake gives one fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

import msgspec

from partners.agreement import Agreement, Terms, carries
from partners.as2_channel import As2Channel
from partners.attachments import attach
from partners.channel import KINDS, Channel, SftpChannel
from partners.code_list import CodeList
from partners.document import Mapping, Node, Scalar, Sequence, read_document
from partners.fault import Fault, Place, did_you_mean, fault, in_order
from partners.flow import Flow, NumberRange
from partners.party import Party
from partners.receipt import RECEIPTS
from partners.register import Register
from partners.template import DIRECTIVES, resolve, text_of
from partners.validation import validate

SUFFIXES = (".yaml", ".yml")
_LISTS = ("channels", "agreements")
_SINGLES = ("party", "template", "code_list")


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Names that live outside the profiles, given by the caller; ``None`` leaves a kind of name unchecked."""

    guides: frozenset[str] | None = None
    guide_fault: Callable[[str, list[str]], str | None] | None = None
    """Why a guide with layers, given by their names, cannot be used; ``None`` when it can."""
    map_fault: Callable[[str, str, str], str | None] | None = None
    """Why a map cannot be used for a canonical type and the messages of a guide; ``None`` when it can."""
    finding_codes: frozenset[str] | None = None
    maps: frozenset[str] | None = None
    canonical: frozenset[str] | None = None
    channel_kinds: frozenset[str] | None = None
    matched_receipts: frozenset[str] | None = None
    """The receipts that are understood when they come: others cannot be expected."""
    written_receipts: frozenset[str] | None = None
    """The receipts that can be issued."""
    timezones: frozenset[str] | None = None
    retention: frozenset[str] | None = None


class Loaded(msgspec.Struct, frozen=True):
    """The register, and all faults by file and place. With an error among them there is no register."""

    register: Register | None
    faults: list[Fault]


def load(files: Iterable[tuple[str, bytes]], known: Known | None = None) -> Loaded:
    """Everything in the files as one register, or the faults that stand against it; never raises for their content.

    ``files`` are names relative to the profiles folder, with slashes, and contents. Shipped templates are passed
    along with the folder's own files. The order of files does not matter.
    """
    return _Loading(sorted(files), known or Known()).run()


class _Loading:
    """One run; the fields fill up step by step."""

    def __init__(self, files: list[tuple[str, bytes]], known: Known) -> None:
        self.files = files
        self.known = known
        self.faults: list[Fault] = []
        self.nodes: dict[str, dict[str, Mapping]] = {kind: {} for kind in (*_LISTS, *_SINGLES)}
        """Every named thing by kind and id, right or wrong."""
        self.parties: dict[str, Party] = {}
        self.channels: dict[str, Channel] = {}
        self.code_lists: dict[str, CodeList] = {}
        self.terms: dict[str, Terms] = {}
        self.trees: dict[str, Mapping] = {}
        """The merged agreements, for the places of what clashes."""
        self.told: set[tuple[str, int, int, str]] = set()
        """The places at which something is wrong before references are looked up."""

    def run(self) -> Loaded:
        attachments = dict(item for item in self.files if not item[0].lower().endswith(SUFFIXES))
        for file, content in self.files:
            if file not in attachments:
                root, faults = read_document(file, content)
                self.faults += faults
                if root is not None:
                    self._sort(root)
        for kind in ("channels", "party"):
            for name, node in self.nodes[kind].items():
                self.nodes[kind][name] = attach(node, attachments, self.faults)
        self._read_parties_and_lists()
        self._read_channels()
        self._read_agreements()
        self._check_references()
        self._check_clashes()
        faults = in_order(self.faults)
        if any(one.severity == "error" for one in faults):
            return Loaded(None, faults)
        register = Register(
            parties=self.parties.values(),
            channels=self.channels.values(),
            agreements=[self._resolved(terms) for terms in self.terms.values()],
            code_lists=self.code_lists.values(),
        )
        return Loaded(register, faults)

    # Sorting

    def _sort(self, root: Node) -> None:
        if not isinstance(root, Mapping):
            top = ", ".join((*_SINGLES, *_LISTS))
            self._fault(root.place, "a profile is a mapping", f"its keys are {top}")
            return
        owner = text_of(root, "party", "id")
        for key, value in root.items.items():
            if key in _SINGLES:
                self._name(key, value, None)
            elif key in _LISTS and isinstance(value, Sequence):
                for item in value.items:
                    self._name(key, item, owner)
            elif key in _LISTS:
                self._fault(value.place, "expected a list", "begin each item with a hyphen")
            else:
                self._fault(root.keys[key], f"`{key}` is not a key here", did_you_mean(key, (*_SINGLES, *_LISTS)))

    def _name(self, kind: str, node: Node, owner: str | None) -> None:
        """Enters a thing under its id; ``owner`` is the file's party, for what belongs to one and does not say so."""
        noun = kind.removesuffix("s").replace("_", " ")
        if not isinstance(node, Mapping):
            self._fault(node.place, "expected a mapping", f"the keys of a {noun} go here")
            return
        if owner is not None and "party" not in node.keys:
            party = Scalar(owner, node.place)
            node = Mapping({**node.items, "party": party}, {**node.keys, "party": node.place}, node.place)
        name = node.items.get("id")
        if not isinstance(name, Scalar):
            if name is not None or "id" not in node.keys:
                self._fault(node.place, f"{'an' if noun == 'agreement' else 'a'} {noun} needs an `id`")
            return
        if first := self.nodes[kind].get(name.text):
            article = "an" if noun == "agreement" else "a"
            self._fault(name.place, f"there is {article} {noun} `{name.text}` already, at {first.place}")
            return
        self.nodes[kind][name.text] = node

    # Validating

    def _read_parties_and_lists(self) -> None:
        for name, node in self.nodes["party"].items():
            party, faults = validate(Party, node)
            self.faults += faults
            if party is not None:
                self.parties[name] = party
        for name, node in self.nodes["code_list"].items():
            code_list, faults = validate(CodeList, node)
            self.faults += faults
            if code_list is not None:
                self.code_lists[name] = code_list

    def _read_channels(self) -> None:
        for name, node in self.nodes["channels"].items():
            kind = node.items.get("kind")
            if not isinstance(kind, Scalar) or kind.text not in KINDS:
                if "kind" not in node.keys:
                    self._fault(node.place, "`kind` is missing", did_you_mean("", KINDS))
                elif kind is not None:
                    text = kind.text if isinstance(kind, Scalar) else ""
                    self._fault(kind.place, f"`{text}` is no kind of channel", did_you_mean(text, KINDS))
                continue
            if self.known.channel_kinds is not None and kind.text not in self.known.channel_kinds:
                self._fault(
                    kind.place, f"this gateway has no {kind.text} channels", did_you_mean("", self.known.channel_kinds)
                )
            channel, faults = validate(KINDS[kind.text], node)
            self.faults += faults
            if channel is not None:
                self.channels[name] = channel

    def _read_agreements(self) -> None:
        templates = self.nodes["template"]
        for node in templates.values():
            resolution = resolve(node, templates)
            _, faults = validate(Terms, resolution.tree, partial=True, directives=DIRECTIVES)
            self.faults += resolution.faults + faults
            if isinstance(every_flow := node.items.get("every_flow"), Mapping):
                # A template may have no flow of its own for it to be laid under.
                self.faults += validate(Flow, every_flow, partial=True)[1]
        for name, node in self.nodes["agreements"].items():
            resolution = resolve(node, templates)
            terms, faults = validate(Terms, resolution.tree, directives=DIRECTIVES)
            self.faults += resolution.faults + faults
            self.trees[name] = resolution.tree
            if terms is not None:
                self.terms[name] = terms

    # References

    def _check_references(self) -> None:
        self.told = {(one.file, one.line, one.column, one.path) for one in self.faults}
        for channel in self.nodes["channels"].values():
            self._refer(channel, "party", "party", self.nodes["party"])
        for name, tree in self.trees.items():
            self._refer(tree, "us", "party", self.nodes["party"])
            self._refer(tree, "party", "party", self.nodes["party"])
            self._refer(tree, "timezone", "time zone", self.known.timezones)
            self._refer(tree, "retention", "retention class", self.known.retention)
            us, party = text_of(tree, "us"), text_of(tree, "party")
            if us is not None and us == party:
                self._fault(tree.items["party"].place, f"agreement `{name}` joins `{us}` with itself")
            for flow in _items(tree, "flows"):
                self._check_flow_references(flow, party)
        for name, terms in self.terms.items():
            self._check_envelope_identities(terms, self.trees[name])

    def _check_flow_references(self, flow: Mapping, party: str | None) -> None:
        self._refer(flow, "guide", "guide", self.known.guides)
        self._refer(flow, "map", "map", self.known.maps)
        self._refer(flow, "canonical", "canonical type", self.known.canonical)
        self._check_layers(flow)
        self._check_map(flow)
        policies = flow.items.get("policies")
        weighed = policies.items.get("findings") if isinstance(policies, Mapping) else None
        for code, place in weighed.keys.items() if isinstance(weighed, Mapping) else ():
            told = (place.file, place.line, place.column, place.path) in self.told
            if self.known.finding_codes is not None and code not in self.known.finding_codes and not told:
                self._fault(place, f"there is no finding code `{code}`", did_you_mean(code, self.known.finding_codes))
        code_lists = flow.items.get("code_lists")
        if isinstance(code_lists, Mapping):
            for table in code_lists.items:
                self._refer(code_lists, table, "code list", self.nodes["code_list"])
        self._check_receipts(flow, "expect", "does not match", self.known.matched_receipts)
        self._check_receipts(flow, "issue", "does not write", self.known.written_receipts)
        channels = self.nodes["channels"]
        self._refer(flow, "channel", "channel", channels)
        channel = channels.get(text_of(flow, "channel") or "")
        if channel is None:
            return
        place, owner = flow.items["channel"].place, text_of(channel, "party")
        if party is not None and owner is not None and owner != party:
            self._fault(place, f"the channel belongs to `{owner}`, the agreement is with `{party}`")
        kind = text_of(channel, "kind")
        answers = text_of(flow, "direction") == "out" or "issue" in flow.items
        if kind == "sftp-client" and "deliver_to" not in channel.keys and answers:
            self._fault(place, "the channel delivers nothing, and the flow sends", "add `deliver_to` to the channel")
        for receipt in _items(flow, "expect"):
            if text_of(receipt, "receipt") == "mdn" and kind not in (None, "as2"):
                self._fault(place, f"the flow expects an MDN, and none comes over a channel of kind {kind}")

    def _check_layers(self, flow: Mapping) -> None:
        """Layers have to be there, and to fit the guide and each other."""
        layers, guide = list(_texts(flow.items.get("guide_layers"))), text_of(flow, "guide")
        told = len(self.faults)
        for layer in layers:
            self._check_name(layer, "guide", self.known.guides)
        if layers and guide is not None and len(self.faults) == told and self.known.guide_fault is not None:
            wrong = self.known.guide_fault(guide, [layer.text for layer in layers])
            if wrong is not None:
                self._fault(flow.items["guide_layers"].place, wrong)

    def _check_map(self, flow: Mapping) -> None:
        """A map has to be faultless, and to fit the guide and the canonical type."""
        named, guide, canonical = (text_of(flow, key) for key in ("map", "guide", "canonical"))
        known = self.known
        if named is None or guide is None or canonical is None or known.map_fault is None:
            return
        if named in (known.maps or ()) and guide in (known.guides or ()) and canonical in (known.canonical or ()):
            wrong = known.map_fault(named, canonical, guide)
            if wrong is not None:
                self._fault(flow.items["map"].place, wrong)

    def _check_receipts(self, flow: Mapping, key: str, lacks: str, able: frozenset[str] | None) -> None:
        """A receipt that this gateway cannot handle would be promised, or waited for, in vain."""
        for receipt in _items(flow, key):
            kind = receipt.items.get("receipt")
            if able is not None and isinstance(kind, Scalar) and kind.text in RECEIPTS and kind.text not in able:
                self._fault(kind.place, f"this gateway {lacks} receipts of kind {kind.text}", did_you_mean("", able))

    def _check_envelope_identities(self, terms: Terms, tree: Mapping) -> None:
        """Both parties need a name in the envelopes of each flow, or nothing could be recognised or written."""
        schemes = {"edifact": "unb", "x12": "x12"}
        for standard in sorted({flow.message.standard for flow in terms.flows} & schemes.keys()):
            for role, name in (("us", terms.us), ("party", terms.party)):
                party = self.parties.get(name)
                if party is not None and party.identity(schemes[standard]) is None:
                    message = f"party `{name}` has no identity of scheme {schemes[standard]}, which {standard} needs"
                    self._fault(tree.items[role].place, message, f"add one to the identities of `{name}`")

    def _refer(self, owner: Mapping, key: str, noun: str, names: Iterable[str] | None) -> None:
        node = owner.items.get(key)
        if isinstance(node, Scalar):
            self._check_name(node, noun, names)

    def _check_name(self, name: Scalar, noun: str, names: Iterable[str] | None) -> None:
        place = name.place
        if (place.file, place.line, place.column, place.path) in self.told:
            return  # What is not a name at all need not be looked up.
        if names is not None and name.text not in names:
            self._fault(name.place, f"there is no {noun} `{name.text}`", did_you_mean(name.text, names))

    # Clashes

    def _check_clashes(self) -> None:
        claimed: dict[tuple[str, str, str], str] = {}
        for name, party in self.parties.items():
            for identity, node in zip(party.identities, _items(self.nodes["party"][name], "identities"), strict=True):
                other = claimed.setdefault(identity.wire.key, name)
                if other != name:
                    self._fault(node.items["value"].place, f"{identity.wire} is an identity of party `{other}` already")
        logins: dict[str, str] = {}
        for name, channel in self.channels.items():
            if isinstance(channel, SftpChannel):
                other = logins.setdefault(channel.login, name)
                if other != name:
                    place = self.nodes["channels"][name].items["login"].place
                    self._fault(place, f"login `{channel.login}` belongs to channel `{other}` already")
        self._check_as2_names()
        self._check_ranges()
        pairs: dict[tuple[str, str], list[Terms]] = {}
        for terms in self.terms.values():
            pairs.setdefault((terms.us, terms.party), []).append(terms)
        for together in pairs.values():
            for earlier, later in combinations(together, 2):
                self._check_clash(earlier, later)

    def _check_as2_names(self) -> None:
        """A message names its sender and no channel: each AS2 name has to lead to one channel."""
        claimed: dict[str, str] = {}
        for name, channel in self.channels.items():
            party = self.parties.get(channel.party)
            if not isinstance(channel, As2Channel) or party is None:
                continue
            node = self.nodes["channels"][name]
            place = node.items["as2_name"].place if "as2_name" in node.items else node.place
            names = [each.value for each in party.identities if each.scheme == "as2"]
            as2_name = channel.as2_name or next(iter(names), None)
            if as2_name is None or as2_name not in names:
                stated = f" `{as2_name}`" if as2_name else ""
                self._fault(
                    place, f"party `{party.id}` has no AS2 name{stated}", "add it to its identities, scheme as2"
                )
                continue
            own = {each.file for party in self.parties.values() for each in party.certificates}
            if channel.sign_with is not None and channel.sign_with not in own:
                message = f"no party of ours has the certificate `{channel.sign_with}`"
                self._fault(node.items["sign_with"].place, message, did_you_mean(channel.sign_with, own))
            other = claimed.setdefault(as2_name, name)
            if other != name:
                hint = "give one of them another `as2_name`"
                self._fault(place, f"AS2 name `{as2_name}` leads to channel `{other}` already", hint)

    def _check_ranges(self) -> None:
        """Flows that draw from one counter have to agree on where it ends."""
        bounds: dict[str, tuple[NumberRange, str]] = {}
        for terms in self.terms.values():
            if terms.status in ("test", "live"):
                for flow, node in zip(terms.flows, _items(self.trees[terms.id], "flows"), strict=True):
                    mine = flow.numbers.interchange
                    theirs, owner = bounds.setdefault(mine.range, (mine, f"{terms.id}/{flow.id}"))
                    if (mine.min, mine.max) != (theirs.min, theirs.max):
                        self._fault(
                            node.place,
                            f"range `{mine.range}` goes from {mine.min} to {mine.max} here and from {theirs.min} to "
                            f"{theirs.max} in `{owner}`",
                            "set the bounds in every_flow, or name a range of its own",
                        )

    def _check_clash(self, earlier: Terms, later: Terms) -> None:
        """Two agreements of one pair may stand side by side while no message could fall under both."""
        same_use = earlier.status == later.status and later.status in ("test", "live")
        if not (same_use and earlier.shares_a_day_with(later)):
            return
        self._check_reading(earlier, later)
        carried = {carries(flow): flow for flow in earlier.flows}
        for flow, node in zip(later.flows, _items(self.trees[later.id], "flows"), strict=True):
            if carries(flow) in carried:
                self._fault(
                    node.place,
                    f"{flow.message} {flow.direction} is {later.status} in agreement `{earlier.id}` on the same days",
                    "change valid_from or valid_to, or the status of one of them",
                )

    def _check_reading(self, earlier: Terms, later: Terms) -> None:
        """An interchange is read before anybody knows which of two agreements its messages fall under."""
        section = self.trees[later.id].items.get("reading")
        if earlier.reading is None or later.reading is None or not isinstance(section, Mapping):
            return
        for standard, node in section.items.items():
            theirs, mine = earlier.reading.of(standard), later.reading.of(standard)
            if theirs is not None and mine is not None and theirs != mine:
                self._fault(
                    node.place,
                    f"agreement `{earlier.id}` of the same parties has {standard} read otherwise on the same days",
                    "say the same in both, or say it in one of them only",
                )

    # The result

    def _resolved(self, terms: Terms) -> Agreement:
        flows = tuple(sorted(terms.flows, key=lambda flow: flow.id))
        return Agreement(
            terms=terms.model_copy(update={"flows": flows}),
            us=self.parties[terms.us],
            party=self.parties[terms.party],
            channels=tuple(self.channels[name] for name in sorted({flow.channel for flow in flows})),
            code_lists=tuple(self.code_lists[name] for name in sorted(_code_lists(flows))),
        )

    def _fault(self, place: Place, message: str, suggestion: str | None = None) -> None:
        self.faults.append(fault(place, message, suggestion))


def _code_lists(flows: Iterable[Flow]) -> set[str]:
    return {name for flow in flows for name in flow.code_lists.values()}


def _items(node: Mapping, key: str) -> list[Mapping]:
    """The mappings in a list below ``key``."""
    found = node.items.get(key)
    return [item for item in found.items if isinstance(item, Mapping)] if isinstance(found, Sequence) else []


def _texts(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Sequence):
        yield from (item for item in node.items if isinstance(item, Scalar))
