//! Windows error numbers that Active Directory and RPC report, with their symbolic names
//! (winerror.h).

use crate::ept_status::EPT_S_NOT_REGISTERED;

/// The symbolic name of a Windows error number.
///
/// Security and COM errors are known both as the negative number that tools print
/// (`-2146893022`) and as the positive one (`0x80090322`).
#[must_use]
pub fn symbol(code: i64) -> Option<&'static str> {
    let code = bits(code)?;
    let found = ERRORS.binary_search_by_key(&code, |(number, _)| *number).ok()?;
    ERRORS.get(found).map(|(_, name)| *name)
}

/// The 32 bits of a number; a negative HRESULT has the same as the positive one.
fn bits(code: i64) -> Option<u32> {
    u32::try_from(code).or_else(|_| i32::try_from(code).map(i32::cast_unsigned)).ok()
}

/// The Windows error in a COM error of it (`HRESULT_FROM_WIN32`, MS-ERREF 2.1.1) and in the endpoint mapper's own
/// status; any other number as it is.
#[must_use]
pub fn out_of_com(code: i64) -> i64 {
    match bits(code) {
        Some(EPT_S_NOT_REGISTERED) => 1753,
        Some(error) if error >> 16 == 0x8007 => i64::from(error & 0xffff),
        _ => code,
    }
}

/// The number of a symbolic name; `None` of one that is not known.
#[must_use]
pub fn code_of(symbol: &str) -> Option<i64> {
    let found = ERRORS.iter().find(|(_, name)| *name == symbol)?.0;
    // Security and COM errors are negative where tools print them.
    Some(i64::from(found.cast_signed()))
}

/// In ascending order.
const ERRORS: &[(u32, &str)] = &[
    (0, "ERROR_SUCCESS"),
    (2, "ERROR_FILE_NOT_FOUND"),
    (5, "ERROR_ACCESS_DENIED"),
    (6, "ERROR_INVALID_HANDLE"),
    (8, "ERROR_NOT_ENOUGH_MEMORY"),
    (14, "ERROR_OUTOFMEMORY"),
    (53, "ERROR_BAD_NETPATH"),
    (58, "ERROR_BAD_NET_RESP"),
    (64, "ERROR_NETNAME_DELETED"),
    (67, "ERROR_BAD_NET_NAME"),
    (87, "ERROR_INVALID_PARAMETER"),
    (121, "ERROR_SEM_TIMEOUT"),
    (1053, "ERROR_SERVICE_REQUEST_TIMEOUT"),
    (1055, "ERROR_SERVICE_DATABASE_LOCKED"),
    (1058, "ERROR_SERVICE_DISABLED"),
    (1060, "ERROR_SERVICE_DOES_NOT_EXIST"),
    (1062, "ERROR_SERVICE_NOT_ACTIVE"),
    (1068, "ERROR_SERVICE_DEPENDENCY_FAIL"),
    (1069, "ERROR_SERVICE_LOGON_FAILED"),
    (1168, "ERROR_NOT_FOUND"),
    (1219, "ERROR_SESSION_CREDENTIAL_CONFLICT"),
    (1225, "ERROR_CONNECTION_REFUSED"),
    (1231, "ERROR_NETWORK_UNREACHABLE"),
    (1232, "ERROR_HOST_UNREACHABLE"),
    (1256, "ERROR_HOST_DOWN"),
    (1311, "ERROR_NO_LOGON_SERVERS"),
    (1317, "ERROR_NO_SUCH_USER"),
    (1326, "ERROR_LOGON_FAILURE"),
    (1332, "ERROR_NONE_MAPPED"),
    (1355, "ERROR_NO_SUCH_DOMAIN"),
    (1396, "ERROR_WRONG_TARGET_NAME"),
    (1398, "ERROR_TIME_SKEW"),
    (1460, "ERROR_TIMEOUT"),
    (1700, "RPC_S_INVALID_STRING_BINDING"),
    (1701, "RPC_S_WRONG_KIND_OF_BINDING"),
    (1702, "RPC_S_INVALID_BINDING"),
    (1703, "RPC_S_PROTSEQ_NOT_SUPPORTED"),
    (1704, "RPC_S_INVALID_RPC_PROTSEQ"),
    (1705, "RPC_S_INVALID_STRING_UUID"),
    (1706, "RPC_S_INVALID_ENDPOINT_FORMAT"),
    (1707, "RPC_S_INVALID_NET_ADDR"),
    (1708, "RPC_S_NO_ENDPOINT_FOUND"),
    (1709, "RPC_S_INVALID_TIMEOUT"),
    (1710, "RPC_S_OBJECT_NOT_FOUND"),
    (1714, "RPC_S_NO_PROTSEQS_REGISTERED"),
    (1715, "RPC_S_NOT_LISTENING"),
    (1717, "RPC_S_UNKNOWN_IF"),
    (1718, "RPC_S_NO_BINDINGS"),
    (1719, "RPC_S_NO_PROTSEQS"),
    (1720, "RPC_S_CANT_CREATE_ENDPOINT"),
    (1721, "RPC_S_OUT_OF_RESOURCES"),
    (1722, "RPC_S_SERVER_UNAVAILABLE"),
    (1723, "RPC_S_SERVER_TOO_BUSY"),
    (1725, "RPC_S_NO_CALL_ACTIVE"),
    (1726, "RPC_S_CALL_FAILED"),
    (1727, "RPC_S_CALL_FAILED_DNE"),
    (1728, "RPC_S_PROTOCOL_ERROR"),
    (1730, "RPC_S_UNSUPPORTED_TRANS_SYN"),
    (1732, "RPC_S_UNSUPPORTED_TYPE"),
    (1741, "RPC_S_UNKNOWN_AUTHN_TYPE"),
    (1745, "RPC_S_PROCNUM_OUT_OF_RANGE"),
    (1747, "RPC_S_UNKNOWN_AUTHN_SERVICE"),
    (1748, "RPC_S_UNKNOWN_AUTHN_LEVEL"),
    (1749, "RPC_S_INVALID_AUTH_IDENTITY"),
    (1751, "EPT_S_INVALID_ENTRY"),
    (1752, "EPT_S_CANT_PERFORM_OP"),
    (1753, "EPT_S_NOT_REGISTERED"),
    (1764, "RPC_S_CANNOT_SUPPORT"),
    (1766, "RPC_S_INTERNAL_ERROR"),
    (1783, "RPC_X_BAD_STUB_DATA"),
    (1818, "RPC_S_CALL_CANCELLED"),
    (1820, "RPC_S_COMM_FAILURE"),
    (1821, "RPC_S_UNSUPPORTED_AUTHN_LEVEL"),
    (1825, "RPC_S_SEC_PKG_ERROR"),
    (1899, "EPT_S_CANT_CREATE"),
    (1908, "ERROR_DOMAIN_CONTROLLER_NOT_FOUND"),
    (2224, "NERR_UserExists"),
    (2691, "NERR_SetupAlreadyJoined"),
    (2713, "NERR_JoinPerformedMustRestart"),
    (8341, "ERROR_DS_GENERIC_ERROR"),
    (8418, "ERROR_DS_DRA_SCHEMA_MISMATCH"),
    (8420, "ERROR_DS_CANT_FIND_EXPECTED_NC"),
    (8438, "ERROR_DS_DRA_BUSY"),
    (8439, "ERROR_DS_DRA_BAD_DN"),
    (8446, "ERROR_DS_DRA_OUT_OF_MEM"),
    (8451, "ERROR_DS_DRA_DB_ERROR"),
    (8452, "ERROR_DS_DRA_NO_REPLICA"),
    (8453, "ERROR_DS_DRA_ACCESS_DENIED"),
    (8456, "ERROR_DS_DRA_SOURCE_DISABLED"),
    (8457, "ERROR_DS_DRA_SINK_DISABLED"),
    (8461, "ERROR_DS_DRA_PREEMPTED"),
    (8464, "ERROR_DS_DRA_INCOMPLETE_PARTIAL_SET"),
    (8477, "ERROR_DS_DRA_REPL_PENDING"),
    (8524, "ERROR_DS_DNS_LOOKUP_FAILURE"),
    (8545, "ERROR_DS_CROSS_DOMAIN_CLEANUP_REQD"),
    (8589, "ERROR_DS_CANT_DERIVE_SPN_WITHOUT_SERVER_REF"),
    (8606, "ERROR_DS_INSUFFICIENT_ATTR_TO_CREATE_OBJECT"),
    (8614, "ERROR_DS_REPL_LIFETIME_EXCEEDED"),
    (9002, "DNS_ERROR_RCODE_SERVER_FAILURE"),
    (9003, "DNS_ERROR_RCODE_NAME_ERROR"),
    (9005, "DNS_ERROR_RCODE_REFUSED"),
    (9501, "DNS_INFO_NO_RECORDS"),
    (9852, "DNS_ERROR_NO_DNS_SERVERS"),
    (10013, "WSAEACCES"),
    (10048, "WSAEADDRINUSE"),
    (10051, "WSAENETUNREACH"),
    (10053, "WSAECONNABORTED"),
    (10054, "WSAECONNRESET"),
    (10055, "WSAENOBUFS"),
    (10060, "WSAETIMEDOUT"),
    (10061, "WSAECONNREFUSED"),
    (10065, "WSAEHOSTUNREACH"),
    (11001, "WSAHOST_NOT_FOUND"),
    (0x8007_0005, "E_ACCESSDENIED"),
    (0x8009_0302, "SEC_E_UNSUPPORTED_FUNCTION"),
    (0x8009_0303, "SEC_E_TARGET_UNKNOWN"),
    (0x8009_0304, "SEC_E_INTERNAL_ERROR"),
    (0x8009_0308, "SEC_E_INVALID_TOKEN"),
    (0x8009_030c, "SEC_E_LOGON_DENIED"),
    (0x8009_030e, "SEC_E_NO_CREDENTIALS"),
    (0x8009_030f, "SEC_E_MESSAGE_ALTERED"),
    (0x8009_0311, "SEC_E_NO_AUTHENTICATING_AUTHORITY"),
    (0x8009_0322, "SEC_E_WRONG_PRINCIPAL"),
    (0x8009_0324, "SEC_E_TIME_SKEW"),
    (0xc000_0001, "STATUS_UNSUCCESSFUL"),
    (0xc000_000d, "STATUS_INVALID_PARAMETER"),
    (0xc000_0022, "STATUS_ACCESS_DENIED"),
    (0xc000_0034, "STATUS_OBJECT_NAME_NOT_FOUND"),
    (0xc000_005e, "STATUS_NO_LOGON_SERVERS"),
    (0xc000_006d, "STATUS_LOGON_FAILURE"),
    (0xc000_00b5, "STATUS_IO_TIMEOUT"),
    (0xc000_0133, "STATUS_TIME_DIFFERENCE_AT_DC"),
    (0xc000_020d, "STATUS_CONNECTION_RESET"),
    (0xc000_0225, "STATUS_NOT_FOUND"),
    (0xc000_0236, "STATUS_CONNECTION_REFUSED"),
    (0xc000_023c, "STATUS_NETWORK_UNREACHABLE"),
    (0xc000_023d, "STATUS_HOST_UNREACHABLE"),
    (0xc000_0241, "STATUS_CONNECTION_ABORTED"),
    (0xc002_001c, "RPC_NT_CALL_FAILED_DNE"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_com_passes_on_is_a_windows_error() {
        let passed = [(0x8007_06d9, 1753), (-2_147_023_143, 1753), (0x16c9_a0d6, 1753)];
        for (code, error) in
            passed.into_iter().chain([(1722, 1722), (-2_146_893_022, -2_146_893_022)])
        {
            assert_eq!(out_of_com(code), error, "{code}");
        }
    }

    #[test]
    fn numbers_are_found_as_tools_print_them() {
        assert!(ERRORS.is_sorted_by_key(|(number, _)| *number));
        assert_eq!(symbol(1753), Some("EPT_S_NOT_REGISTERED"));
        assert_eq!(symbol(8524), Some("ERROR_DS_DNS_LOOKUP_FAILURE"));
        assert_eq!(symbol(-2_146_893_022), Some("SEC_E_WRONG_PRINCIPAL"));
        assert_eq!(symbol(0x8009_0322), Some("SEC_E_WRONG_PRINCIPAL"));
        assert_eq!(symbol(1754), None);
        assert_eq!(symbol(i64::MIN), None);
    }
}
