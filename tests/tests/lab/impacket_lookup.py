"""The endpoint map of a host through impacket, an independent witness.

One line an entry: UUID MAJOR SEQUENCE ENDPOINT. It reads the entries whatever the status says:
impacket's own rpcdump takes Samba's end of the list for an error.
"""

import re
import sys

from impacket.dcerpc.v5 import epm, transport
from impacket.uuid import bin_to_string

connection = transport.DCERPCTransportFactory(f"ncacn_ip_tcp:{sys.argv[1]}[135]").get_dce_rpc()
connection.connect()
connection.bind(epm.MSRPC_UUID_PORTMAP)

question = epm.ept_lookup()
question["inquiry_type"] = 0
question["object"] = epm.NULL
question["Ifid"] = epm.NULL
question["vers_option"] = 1
question["entry_handle"] = epm.ept_lookup_handle_t()
question["max_ents"] = 500

answer = connection.request(question)
for index in range(answer["num_ents"]):
    tower = epm.EPMTower(b"".join(answer["entries"][index]["tower"]["tower_octet_string"]))
    floors = tower["Floors"]
    sequence, endpoint = re.fullmatch(r"(\w+):[^\[]*\[(.*)\]", epm.PrintStringBinding(floors)).groups()
    print(bin_to_string(floors[0]["InterfaceUUID"]), floors[0]["MajorVersion"], sequence, endpoint)
