//! The DNS client's cache: what this host would use without asking anybody.

use std::sync::Arc;

use epmesh_agent_host::platform::NameCache;
use epmesh_common::facts::{Answer, DnsName, Lookup, Question, RecordType, Source};
use tokio::time::{Instant, timeout_at};

use super::server::answered;
use crate::probe::limits::budget::{Budget, millis_since};

/// Asks `cache` for the alias and both kinds of address of each of `names`.
pub(in crate::probe) async fn ask(
    budget: &Budget<'_>,
    cache: &Arc<dyn NameCache>,
    names: &[&DnsName],
    end: Instant,
) -> Vec<Lookup> {
    let mut lookups = Vec::new();
    for &name in names {
        for kind in [RecordType::Cname, RecordType::A, RecordType::Aaaa] {
            let question = Question { name: name.clone(), kind };
            let start = Instant::now();
            let until = end.min(start + budget.config.dns);
            let answer = look(budget, cache, question.clone());
            let answer = timeout_at(until, answer).await.unwrap_or(Answer::TimedOut);
            let took_ms = millis_since(start);
            lookups.push(Lookup {
                code: None,
                local: None,
                source: Source::Cache,
                question,
                answer,
                took_ms,
                retried: false,
            });
        }
    }
    lookups
}

async fn look(budget: &Budget<'_>, cache: &Arc<dyn NameCache>, question: Question) -> Answer {
    let Ok(turn) = Arc::clone(&budget.rate.resolver).acquire_owned().await else {
        return Answer::NotAsked("the agent ends".to_owned());
    };
    let cache = Arc::clone(cache);
    let looking = tokio::task::spawn_blocking(move || {
        // Held until it returns, also when nobody waits for it any more.
        let _turn = turn;
        cache.look(&question)
    });
    match looking.await {
        Ok(Answer::Records(records)) => answered(records, Answer::NoData),
        Ok(answer) => answer,
        Err(error) => Answer::NotAsked(error.to_string()),
    }
}
