#!/usr/bin/python3
"""Health of the lab's forest, asked from the network of the lab's switch.

usage: forest.py wait SECONDS SINCE IP...   until healthy; 1 and the reasons if not
       forest.py health SINCE IP...         one look; JSON
       forest.py repsfrom IP...             replication state of every link; JSON
       forest.py summary IP...              the same for people, one line per link

Healthy is: every DC accepts an LDAP bind; knows every DC's NTDS Settings
object; answers every DC's <guid>._msdcs CNAME and A record from its own DNS
server; and its last inbound replication of every naming context, from every
partner, succeeded at or after SINCE (Unix time).
"""

import json
import sys
import time

import dns.resolver
import ldb
import samba.getopt  # noqa: F401  (registers the parameter types)
from samba import credentials, param
from samba.dcerpc import drsblobs, drsuapi, misc
from samba.ndr import ndr_unpack
from samba.samdb import SamDB

ZONE = "lab.test"
PASSWORD = "Passw0rd.Lab1"
# Seconds between 1601-01-01 and 1970-01-01.
NT_EPOCH = 11644473600
# With up to three DCs the KCC connects each with each; beyond, in a ring.
FULL_MESH = 3


class Forest:
    """The DCs at the given addresses, asked with the administrator's password."""

    def __init__(self, addresses):
        self.addresses = addresses
        self.lp = param.LoadParm()
        self.lp.load_default()
        self.lp.set("realm", ZONE.upper())
        self.lp.set("workgroup", "LAB")
        self.creds = credentials.Credentials()
        self.creds.guess(self.lp)
        self.creds.set_username("Administrator")
        self.creds.set_domain("LAB")
        self.creds.set_password(PASSWORD)
        self.creds.set_kerberos_state(credentials.DONT_USE_KERBEROS)

    def directory(self, address):
        return SamDB(url="ldap://" + address, lp=self.lp, credentials=self.creds)

    def look(self, address):
        """What one DC says: its name, the DCs it knows, its inbound links."""
        sam = self.directory(address)
        root = sam.search("", scope=ldb.SCOPE_BASE,
                          attrs=["dnsHostName", "namingContexts", "dsServiceName"])[0]
        config = str(sam.get_config_basedn())
        known = {}
        for entry in sam.search(config, expression="(objectClass=nTDSDSA)", attrs=["objectGUID"]):
            name = str(entry.dn.get_component_value(1)).lower()
            known[name] = str(ndr_unpack(misc.GUID, entry["objectGUID"][0]))
        links = []
        for context in root["namingContexts"]:
            entry = sam.search(str(context), scope=ldb.SCOPE_BASE, attrs=["repsFrom"])[0]
            for value in entry.get("repsFrom", []):
                links.append(link_of(str(context), value))
        return {"name": str(root["dnsHostName"]).split(".")[0].lower(), "address": address,
                "known": known, "links": links,
                "contexts": [str(context) for context in root["namingContexts"]]}

    def pull(self, address, stale):
        """Asks one DC to replicate the stale links now, without waiting."""
        pipe = drsuapi.drsuapi("ncacn_ip_tcp:%s[seal]" % address, self.lp, self.creds)
        handle, _ = drs_bind(pipe)
        for link in stale:
            request = drsuapi.DsReplicaSyncRequest1()
            request.naming_context = drsuapi.DsReplicaObjectIdentifier()
            request.naming_context.dn = link["context"]
            request.source_dsa_guid = misc.GUID(link["source"])
            request.options = drsuapi.DRSUAPI_DRS_ASYNC_OP
            pipe.DsReplicaSync(handle, 1, request)


def drs_bind(pipe):
    info = drsuapi.DsBindInfoCtr()
    info.length = 28
    info.info = drsuapi.DsBindInfo28()
    info.info.supported_extensions = 0
    _, handle = pipe.DsBind(misc.GUID(drsuapi.DRSUAPI_DS_BIND_GUID), info)
    return handle, info


def link_of(context, value):
    blob = ndr_unpack(drsblobs.repsFromToBlob, value).ctr
    return {"context": context, "source": str(blob.source_dsa_obj_guid),
            "attempt": unix(blob.last_attempt), "success": unix(blob.last_success),
            "result": blob.result_last_attempt[0], "failures": blob.consecutive_sync_failures,
            "address": str(blob.other_info.dns_name) if hasattr(blob, "other_info") else None}


def unix(nttime):
    """Seconds since 1970, of 100 ns since 1601; 0 for never."""
    return nttime // 10_000_000 - NT_EPOCH if nttime else 0


def ask(address, name, kind):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [address]
    resolver.lifetime = 2
    try:
        return sorted(item.to_text().rstrip(".").lower() for item in resolver.resolve(name, kind))
    except dns.exception.DNSException as error:
        return [type(error).__name__]


def check(forest, since):
    """Reasons why the forest is not healthy, and the links not yet fresh."""
    reasons, views, stale = [], [], {}
    for address in forest.addresses:
        try:
            views.append(forest.look(address))
        except Exception as error:  # any refusal is a reason, never an end
            reasons.append("%s: LDAP: %s" % (address, error))
    expected = {"dc%d" % (int(address.split(".")[3]) - 10): address for address in forest.addresses}
    for view in views:
        here = view["name"]
        if sorted(view["known"]) != sorted(expected):
            reasons.append("%s: knows the DCs %s" % (here, sorted(view["known"])))
        for name, guid in view["known"].items():
            host = "%s.%s" % (name, ZONE)
            wanted = [("%s._msdcs.%s" % (guid, ZONE), "CNAME", [host]),
                      (host, "A", [expected.get(name)])]
            for record, kind, values in wanted:
                found = ask(view["address"], record, kind)
                if found != values:
                    reasons.append("%s: DNS: %s %s: %s" % (here, record, kind, found))
        names = {guid: name for name, guid in view["known"].items()}
        for context in view["contexts"]:
            links = [link for link in view["links"] if link["context"] == context]
            sources = {names.get(link["source"]) for link in links}
            others = set(expected) - {here}
            if (len(expected) <= FULL_MESH and sources != others) or (others and not sources):
                reasons.append("%s: %s: partners %s" % (here, context, sorted(map(str, sources))))
            for link in links:
                if link["result"] or link["failures"] or link["success"] < since:
                    stale.setdefault(view["address"], []).append(link)
                    reasons.append("%s: %s: from %s: result %s, %d failures, success %d" % (
                        here, context, names.get(link["source"]), link["result"],
                        link["failures"], link["success"]))
    return reasons, stale


def wait(forest, seconds, since):
    end = time.monotonic() + seconds
    pulled = 0.0
    while True:
        reasons, stale = check(forest, since)
        if not reasons:
            return 0
        if time.monotonic() > end:
            print("\n".join(reasons), file=sys.stderr)
            return 1
        if stale and time.monotonic() > pulled + 4:
            pulled = time.monotonic()
            for address, links in stale.items():
                try:
                    forest.pull(address, links)
                except Exception:  # not ready yet: the periodic cycle will do
                    pass
        time.sleep(0.3)


def views_of(forest):
    """Every DC's view; of one that does not answer, its address and why."""
    views = []
    for address in forest.addresses:
        try:
            views.append(forest.look(address))
        except Exception as error:  # the others are still worth printing
            views.append({"address": address, "error": str(error)})
    return views


def summary(forest):
    """Inbound links per DC: the worst of its naming contexts."""
    now = int(time.time())
    print("%-5s %-6s %-9s %-9s %s" % ("DC", "FROM", "CONTEXTS", "FAILURES", "LAST SUCCESS, RESULT"))
    for view in views_of(forest):
        if "error" in view:
            print("%s: %s" % (view["address"], view["error"]))
            continue
        names = {guid: name for name, guid in view["known"].items()}
        sources = {}
        for link in view["links"]:
            sources.setdefault(names.get(link["source"], link["source"]), []).append(link)
        for source, links in sorted(sources.items()):
            worst = max(links, key=lambda link: (link["failures"], -link["success"]))
            age = "%d s ago" % (now - worst["success"]) if worst["success"] else "never"
            print("%-5s %-6s %-9d %-9d %s, %s" % (view["name"], source, len(links),
                                                  worst["failures"], age, worst["result"]))


def main(arguments):
    if len(arguments) >= 4 and arguments[0] == "wait":
        return wait(Forest(arguments[3:]), float(arguments[1]), int(arguments[2]))
    if len(arguments) >= 3 and arguments[0] == "health":
        reasons, _ = check(Forest(arguments[2:]), int(arguments[1]))
        print(json.dumps({"healthy": not reasons, "reasons": reasons}, indent=1))
        return 0
    if len(arguments) >= 2 and arguments[0] == "repsfrom":
        print(json.dumps(views_of(Forest(arguments[1:])), indent=1))
        return 0
    if len(arguments) >= 2 and arguments[0] == "summary":
        summary(Forest(arguments[1:]))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
