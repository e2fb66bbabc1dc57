"""Translates with Bots as its users do, by a mapping script: ``bots_translating.py FILE CONFIG IFTSTA|214 ROUNDS``.

``IFTSTA``: an EDIFACT interchange to one JSON document a message. ``214``: a JSON array of documents to X12 messages,
without an envelope. The scripts take and write what the generated messages have in them, and nothing else.
"""

import json
import logging
import os
import resource
import sys
import time

STATUS = {"21": "delivered", "24": "departed", "31": "en_route", "48": "loaded"}
REFERENCE = {"BN": "booking", "CN": "carrier_reference"}
ROLE = {"CA": "carrier"}
SYSTEM = {"6": "un_locode", "9": "gln"}
TO_STATUS = {
    "arrived_at_pickup": "X3",
    "arrived_at_delivery": "X1",
    "departed_pickup": "AF",
    "delivered": "D1",
    "loaded": "L1",
}
TO_REFERENCE = {"booking": "BN", "purchase_order": "PO", "load": "LO"}
TO_ROLE = {"consignor": "SH", "consignee": "CN"}


def from_iftsta(inn, out, transform):
    """An IFTSTA as a document."""

    def when(value):
        return transform.datemask(value, "CCYYMMDDHHMM", "CCYY-MM-DDTHH:MM") if value else None

    top = {"BOTSID": "transport_status"}
    out.put({**top, "number": inn.get({"BOTSID": "UNH"}, {"BOTSID": "BGM", "1004": None})})
    out.put({**top, "purpose": "original"})
    issued = inn.get({"BOTSID": "UNH"}, {"BOTSID": "DTM", "C507.2005": "137", "C507.2380": None})
    out.put({**top, "issued": when(issued)})
    for nad in inn.getloop({"BOTSID": "UNH"}, {"BOTSID": "NAD"}):
        party = out.putloop(top, {"BOTSID": "parties"})
        party.put(
            {"BOTSID": "parties", "role": "carrier" if nad.get({"BOTSID": "NAD", "3035": None}) == "CA" else None}
        )
        party.put({"BOTSID": "parties", "id": nad.get({"BOTSID": "NAD", "C082.3039": None})})
        system = nad.get({"BOTSID": "NAD", "C082.3055": None})
        party.put({"BOTSID": "parties", "id_system": SYSTEM.get(system)})
        for cta in nad.getloop({"BOTSID": "NAD"}, {"BOTSID": "CTA"}):
            contact = party.putloop({"BOTSID": "parties"}, {"BOTSID": "contacts"})
            contact.put({"BOTSID": "contacts", "name": cta.get({"BOTSID": "CTA", "C056.3412": None})})
            for com in cta.getloop({"BOTSID": "CTA"}, {"BOTSID": "COM"}):
                channel = contact.putloop({"BOTSID": "contacts"}, {"BOTSID": "channels"})
                channel.put({"BOTSID": "channels", "address": com.get({"BOTSID": "COM", "C076.3148": None})})
                kind = com.get({"BOTSID": "COM", "C076.3155": None})
                channel.put({"BOTSID": "channels", "kind": "telephone" if kind == "TE" else None})
    for cni in inn.getloop({"BOTSID": "UNH"}, {"BOTSID": "CNI"}):
        consignment = out.putloop(top, {"BOTSID": "consignments"})
        consignment.put({"BOTSID": "consignments", "number": cni.get({"BOTSID": "CNI", "C503.1004": None})})
        for sts in cni.getloop({"BOTSID": "CNI"}, {"BOTSID": "STS"}):
            event = consignment.putloop({"BOTSID": "consignments"}, {"BOTSID": "events"})
            here = {"BOTSID": "events"}
            # In D.96A the status is in the second composite.
            event.put({**here, "status": STATUS.get(sts.get({"BOTSID": "STS", "C555.9011": None}))})
            occurred = sts.get({"BOTSID": "STS"}, {"BOTSID": "DTM", "C507.2005": "334", "C507.2380": None})
            event.put({**here, "occurred": when(occurred)})
            for rff in sts.getloop({"BOTSID": "STS"}, {"BOTSID": "RFF"}):
                reference = event.putloop(here, {"BOTSID": "references"})
                kind = rff.get({"BOTSID": "RFF", "C506.1153": None})
                reference.put({"BOTSID": "references", "type": REFERENCE.get(kind)})
                reference.put({"BOTSID": "references", "value": rff.get({"BOTSID": "RFF", "C506.1154": None})})
            for ftx in sts.getloop({"BOTSID": "STS"}, {"BOTSID": "FTX"}):
                remark = event.putloop(here, {"BOTSID": "remarks"})
                remark.put({"BOTSID": "remarks", "text": ftx.get({"BOTSID": "FTX", "C108.4440": None})})
            for loc in sts.getloop({"BOTSID": "STS"}, {"BOTSID": "LOC"}):
                place, inside = event.putloop(here, {"BOTSID": "location"}), {"BOTSID": "location"}
                code = loc.get({"BOTSID": "LOC", "C517.3225": None})
                place.put({**inside, "role": "departure" if loc.get({"BOTSID": "LOC", "3227": None}) == "5" else None})
                place.put({**inside, "code": code, "country": code[:2]})
                place.put({**inside, "code_system": SYSTEM.get(loc.get({"BOTSID": "LOC", "C517.3055": None}))})
                place.put({**inside, "name": loc.get({"BOTSID": "LOC", "C517.3224": None})})
            for eqd in sts.getloop({"BOTSID": "STS"}, {"BOTSID": "EQD"}):
                unit, inside = event.putloop(here, {"BOTSID": "equipment"}), {"BOTSID": "equipment"}
                unit.put({**inside, "kind": "container" if eqd.get({"BOTSID": "EQD", "8053": None}) == "CN" else None})
                unit.put({**inside, "number": eqd.get({"BOTSID": "EQD", "C237.8260": None})})
                for sel in eqd.getloop({"BOTSID": "EQD"}, {"BOTSID": "SEL"}):
                    seal = unit.putloop(inside, {"BOTSID": "seals"})
                    seal.put({"BOTSID": "seals", "number": sel.get({"BOTSID": "SEL", "9308": None})})


def to_214(inn, out, number):
    """A document as a 214."""
    top = {"BOTSID": "ST"}
    doc = inn.root.record["BOTSID"]
    out.put({**top, "ST01": "214", "ST02": number})
    for party in inn.getloop({"BOTSID": doc}, {"BOTSID": "parties"}):
        role, own = party.get({"BOTSID": "parties", "role": None}), party.get({"BOTSID": "parties", "id": None})
        if role == "carrier":
            out.put(top, {"BOTSID": "B10", "B1003": own})
            continue
        n1, here = out.putloop(top, {"BOTSID": "N1"}), {"BOTSID": "N1"}
        n1.put({**here, "N101": TO_ROLE.get(role), "N102": party.get({"BOTSID": "parties", "name": None})})
        n1.put({**here, "N103": "91", "N104": own})
        # The lines of an address are a list of texts, which Bots does not read from JSON.
        for field, target in (("city", "N401"), ("subdivision", "N402"), ("postal_code", "N403"), ("country", "N404")):
            value = party.get({"BOTSID": "parties"}, {"BOTSID": "address", field: None})
            n1.put(here, {"BOTSID": "N4", target: value})
    event_number = 0
    for consignment in inn.getloop({"BOTSID": doc}, {"BOTSID": "consignments"}):
        out.put(top, {"BOTSID": "B10", "B1002": consignment.get({"BOTSID": "consignments", "number": None})})
        for reference in consignment.getloop({"BOTSID": "consignments"}, {"BOTSID": "references"}):
            kind = reference.get({"BOTSID": "references", "type": None})
            value = reference.get({"BOTSID": "references", "value": None})
            if kind == "carrier_reference":
                out.put(top, {"BOTSID": "B10", "B1001": value})
                continue
            out.putloop(top, {"BOTSID": "L11"}).put({"BOTSID": "L11", "L1101": value, "L1102": TO_REFERENCE.get(kind)})
        for event in consignment.getloop({"BOTSID": "consignments"}, {"BOTSID": "events"}):
            event_number += 1
            here, loop = {"BOTSID": "LX"}, out.putloop(top, {"BOTSID": "LX"})
            loop.put({**here, "LX01": str(event_number)})
            at7, inside = loop.putloop(here, {"BOTSID": "AT7"}), {"BOTSID": "AT7"}
            status = TO_STATUS.get(event.get({"BOTSID": "events", "status": None}))
            occurred = event.get({"BOTSID": "events"}, {"BOTSID": "occurred", "text": None})
            date, time_of_day, zone = occurred.split(" ")
            at7.put({**inside, "AT701": status, "AT702": "NS"})
            at7.put({**inside, "AT705": date, "AT706": time_of_day, "AT707": zone})
            for field, target in (("city", "MS101"), ("subdivision", "MS102"), ("country", "MS103")):
                value = event.get({"BOTSID": "events"}, {"BOTSID": "location", field: None})
                at7.put(inside, {"BOTSID": "MS1", target: value})
            for unit in event.getloop({"BOTSID": "events"}, {"BOTSID": "equipment"}):
                owner, _, own = unit.get({"BOTSID": "equipment", "number": None}).partition(" ")
                at7.put(inside, {"BOTSID": "MS2", "MS201": owner, "MS202": own, "MS203": "TL"})
            for reference in event.getloop({"BOTSID": "events"}, {"BOTSID": "references"}):
                value = reference.get({"BOTSID": "references", "value": None})
                kind = TO_REFERENCE.get(reference.get({"BOTSID": "references", "type": None}))
                loop.putloop(here, {"BOTSID": "L11"}).put({"BOTSID": "L11", "L1101": value, "L1102": kind})
            for cargo in event.getloop({"BOTSID": "events"}, {"BOTSID": "cargo"}):
                at8, inside = loop.putloop(here, {"BOTSID": "AT8"}), {"BOTSID": "AT8"}
                weight = cargo.get({"BOTSID": "cargo"}, {"BOTSID": "gross_weight", "value": None})
                at8.put({**inside, "AT801": "G", "AT802": "L", "AT803": weight})
                at8.put({**inside, "AT804": cargo.get({"BOTSID": "cargo", "packages": None})})
    out.put(top, {"BOTSID": "SE", "SE01": out.getcount() + 1, "SE02": number})


def main():
    file, folder, what, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    os.chdir(folder)
    sys.path.insert(0, folder)
    from bots import botsglobal, botsinit, inmessage, outmessage, transform

    botsinit.generalinit("config")
    botsglobal.logger = botsglobal.logmap = logging.getLogger("bots")
    botsglobal.logger.setLevel(logging.CRITICAL)
    reading = {"frompartner": "", "topartner": "", "charset": "utf-8"}

    def iftsta():
        found = inmessage.parse_edi_file(
            editype="edifact", messagetype="edifact", filename=file, **{**reading, "charset": "iso-8859-1"}
        )
        if found.errorfatal or found.errorlist:
            sys.exit("Bots did not read it: " + str(found.errorlist)[:2000])
        count = 0
        for inn in found.nextmessage():
            count += 1
            out = made(count, "jsonnocheck", "jsonnocheck")
            from_iftsta(inn, out, transform)
            out.writeall()
        return count

    def status_214():
        count = 0
        for document in documents:
            count += 1
            inn = inmessage.parse_edi_file(
                editype="jsonnocheck", messagetype="jsonnocheck", filename=document, **reading
            )
            if inn.errorfatal or inn.errorlist:
                sys.exit("Bots did not read it: " + str(inn.errorlist)[:2000])
            out = made(count, "x12", "214004010")
            to_214(inn, out, f"{count:04d}")
            out.writeall()
        return count

    def made(number, editype, messagetype):
        name = os.path.join(folder, f"out-{number}")
        return outmessage.outmessage_init(
            editype=editype, messagetype=messagetype, filename=name, reference=str(number), divtext="", topartner=""
        )

    if what == "214":
        documents = []
        with open(file, encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                documents.append(os.path.join(folder, f"in-{number}"))
                with open(documents[-1], "w", encoding="utf-8") as one:
                    one.write(line)
    work = {"IFTSTA": iftsta, "214": status_214}[what]
    seconds, messages = [], 0
    for _ in range(rounds):
        start = time.process_time()
        messages = work()
        seconds.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open(os.path.join(folder, "out-1"), encoding="utf-8") as made_first:
        first = made_first.read()
    answer = {"seconds": seconds, "peak_kilobytes": peak, "messages": messages, "errors": 0, "first": first}
    print(json.dumps(answer))


main()
