//! The messages of Windows for the errors of RPC, in the languages of Windows: tools print them without the
//! number. A message is known by the words that no other message has together, because versions of Windows
//! differ in the rest of the sentence.

/// A message: its error, and words of which a text has all. Small letters, and as few as possible that an old
/// code page writes otherwise.
struct Message {
    code: i64,
    words: &'static [&'static str],
}

const fn message(code: i64, words: &'static [&'static str]) -> Message {
    Message { code, words }
}

const MESSAGES: &[Message] = &[
    // No more endpoints from the endpoint mapper.
    message(1753, &["no more endpoints available", "endpoint mapper"]),
    message(1753, &["keine", "endpunkte", "endpunktzuordnung"]),
    message(1753, &["mappeur de point", "plus", "terminaison", "disponible"]),
    message(1753, &["mappeur de point", "aucun", "terminaison", "disponible"]),
    message(1753, &["no hay m", "extremos", "asignador de extremos"]),
    message(1753, &["no hay m", "puntos de conex", "asignador"]),
    message(1753, &["endpoint", "disponibil", "mapping degli endpoint"]),
    message(1753, &["endpoint", "disponibil", "mapper degli endpoint"]),
    message(1753, &["endpoint", "disponibil", "mapper di endpoint"]),
    message(1753, &["pontos de extremidade", "mais", "mapeador de ponto"]),
    message(1753, &["pontos finais", "mais", "mapeador de pontos finais"]),
    message(1753, &["geen eindpunten", "eindpunttoewijz"]),
    message(1753, &["geen eindpunten", "eindpuntmapper"]),
    message(1753, &["inga fler slutpunkter", "slutpunktsmapp"]),
    message(1753, &["ikke flere", "slutpunkt", "slutpunkt", "tilg"]),
    message(1753, &["mapowania punkt", "ko\u{144}cowych", "dost\u{119}pnych"]),
    message(1753, &["mapova", "koncov", "dal\u{161}\u{ed}"]),
    message(1753, &["конечных точек", "не осталось"]),
    message(1753, &["конечных точек", "больше нет"]),
    message(1753, &["エンドポイント マッパー", "これ以上"]),
    message(1753, &["エンドポイント マッパー", "エンドポイントは", "ありません"]),
    message(1753, &["终结点映射", "没有更多"]),
    message(1753, &["端點對應", "沒有"]),
    message(1753, &["끝점 매퍼", "더 이상"]),
    message(1753, &["biti\u{15f} noktas\u{131} e\u{15f}le", "ba\u{15f}ka"]),
    // The RPC server is unavailable.
    message(1722, &["the rpc server is unavailable"]),
    message(1722, &["der rpc-server ist nicht verf"]),
    message(1722, &["le serveur rpc n'est pas disponible"]),
    message(1722, &["el servidor rpc no est", "disponible"]),
    message(1722, &["server rpc non disponibile"]),
    message(1722, &["o servidor rpc n", "est", "dispon"]),
    message(1722, &["de rpc-server is niet beschikbaar"]),
    message(1722, &["сервер rpc недоступен"]),
    message(1722, &["rpc サーバーを利用できません"]),
    message(1722, &["rpc 服务器不可用"]),
    // The others of which people paste the sentence alone.
    message(8524, &["dsa operation is unable to proceed because of a dns lookup failure"]),
    message(1311, &["no logon servers available"]),
    message(-2_146_893_022, &["the target principal name is incorrect"]),
    message(1256, &["the remote system is not available. for information about network"]),
];

/// The longest text that is looked at, in bytes.
const MAX_TEXT: usize = 1_000;

/// One of these stands in every message that is written in ASCII alone.
const STEMS: [&str; 12] = [
    "endp",
    "no logon servers",
    "rpc",
    "principal",
    "dsa op",
    "system is not",
    "terminaison",
    "extremos",
    "eindp",
    "slutp",
    "asignador",
    "mapeador",
];

/// The error whose message stands in a text.
#[must_use]
pub fn code(text: &str) -> Option<i64> {
    if text.len() > MAX_TEXT || text.len() < 8 {
        return None;
    }
    let lower = text.to_lowercase();
    // Most lines of a log are ruled out by a few looks.
    if text.is_ascii() && !STEMS.iter().any(|stem| lower.contains(stem)) {
        return None;
    }
    let all = |message: &&Message| message.words.iter().all(|word| lower.contains(word));
    MESSAGES.iter().find(all).map(|message| message.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_in_ascii_has_a_stem() {
        for message in MESSAGES {
            let ascii = message.words.iter().all(|word| word.is_ascii());
            let stem =
                STEMS.iter().any(|stem| message.words.iter().any(|word| word.contains(stem)));
            assert!(!ascii || stem, "{:?}", message.words);
        }
    }

    #[test]
    fn in_the_languages_of_windows() {
        for text in [
            "There are no more endpoints available from the endpoint mapper.",
            "Es sind keine weiteren Endpunkte in der Endpunktzuordnung verfügbar.",
            "Es sind keine Endpunkte mehr von der Endpunktzuordnung verfügbar.",
            "Es stehen keine weiteren Endpunkte von der Endpunktzuordnung zur Verf\u{fffd}gung.",
            "Le mappeur de point de terminaison n'a plus de point de terminaison disponible.",
            "No hay más extremos disponibles desde el asignador de extremos.",
            "Nessun altro endpoint disponibile dal mapping degli endpoint.",
            "Não há mais pontos de extremidade disponíveis no mapeador de pontos de extremidade.",
            "Er zijn geen eindpunten meer beschikbaar in de eindpunttoewijzing.",
            "Det finns inga fler slutpunkter tillgängliga från slutpunktsmapparen.",
            "В системе отображения конечных точек не осталось доступных конечных точек.",
            "エンドポイント マッパーから使用できるエンドポイントはこれ以上ありません。",
            "终结点映射器中没有更多的终结点可用。",
            "端點對應程式中沒有其他可用的端點。",
            "끝점 매퍼에서 사용할 수 있는 끝점이 더 이상 없습니다.",
        ] {
            assert_eq!(code(text), Some(1753), "{text}");
        }
        assert_eq!(code("The RPC server is unavailable."), Some(1722));
        assert_eq!(code("Der RPC-Server ist nicht verf\u{fffd}gbar."), Some(1722));
        for text in [
            "The endpoint mapper database entry could not be created.",
            "Der Datenbankeintrag der Endpunktzuordnung konnte nicht erstellt werden.",
            "RPC Endpoint Mapper",
            "There are endpoints",
        ] {
            assert_eq!(code(text), None, "{text}");
        }
    }
}
