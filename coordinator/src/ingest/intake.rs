//! Taking reports in: into the store, then into the view, then acknowledged.

use epmesh_common::{
    error::chain,
    facts::{DnsName, Report, Timestamp},
    wire::{OnWire, Received, WireError},
};
use epmesh_proto::v1 as proto;
use thiserror::Error;

use super::{hub::Hub, storage};
use crate::store::CommitError;

/// Why a report was not taken in. The agent sends it again, since it is not acknowledged.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// The store did not take it.
    #[error("report {sequence} of {dc} could not be stored")]
    Store {
        /// The domain controller whose report it is.
        dc: DnsName,
        /// The number of the report.
        sequence: u64,
        /// The error of the store.
        #[source]
        source: CommitError,
    },
}

impl Hub {
    /// Takes in a report that was `sent` by the agent's clock and came in at `received`. Returns the
    /// acknowledgement to send; the report is durable then.
    ///
    /// # Errors
    /// When the store does not take it.
    pub(super) async fn take(
        &self,
        dc: &DnsName,
        message: proto::Report,
        sent: Timestamp,
        received: Timestamp,
    ) -> Result<proto::Acknowledge, IntakeError> {
        let sequence = message.sequence;
        let mut acknowledge = proto::Acknowledge { sequence, wanted: Vec::new() };
        let (report, refused) = match Received::try_from(message) {
            Ok(Received { report, refused }) => (report, refused),
            Err(error) => {
                // The report could not be used the next time either.
                let refused = format!("report {sequence} refused: {error}");
                tracing::warn!(%dc, "{refused}");
                self.fleet.change(|view| view.remark(dc, refused));
                return Ok(acknowledge);
            }
        };
        let intake = self.intake(dc);
        let _alone = intake.lock().await;
        // A report that came before is not staged again.
        let staged = self.fleet.read(|view| {
            let Report { sequence, at, .. } = report;
            let is_new = !view.acknowledged(dc).covers(sequence, at);
            is_new.then(|| view.stage(dc, report, sent, received))
        });
        let Some(mut staged) = staged else {
            tracing::debug!(%dc, sequence, "report came again");
            return Ok(acknowledge);
        };
        let unusable = refused.iter();
        let unusable = unusable.map(|it| describe(it.subject.as_ref(), &it.error));
        staged.refused.extend(unusable);
        let unusable = refused.into_iter().filter_map(|it| it.subject.zip(it.stated));
        staged.unusable.extend(unusable);
        for refused in &staged.refused {
            tracing::warn!(%dc, "{refused}");
        }
        if let Err(source) = storage::write(self.store.as_ref(), &staged).await {
            let error = IntakeError::Store { dc: dc.clone(), sequence, source };
            let trouble = format!("{}: the agent keeps it", chain(&error));
            tracing::error!(%dc, sequence, "{trouble}");
            self.fleet.change(|view| view.store_trouble(dc, Some(trouble)));
            return Err(error);
        }
        acknowledge.wanted = staged.wanted.iter().map(OnWire::to_wire).collect();
        self.fleet.change(|view| {
            view.apply(staged);
            view.store_trouble(dc, None);
        });
        Ok(acknowledge)
    }
}

fn describe(subject: Option<&epmesh_common::facts::StatementKey>, error: &WireError) -> String {
    match subject {
        Some(subject) => format!("statement on {subject} refused: {error}"),
        None => format!("statement refused: {error}"),
    }
}
