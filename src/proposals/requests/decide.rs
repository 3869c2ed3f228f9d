//! What the two sides may decide.

use chrono::NaiveDate;
use serde::Deserialize;

use super::Status;
use crate::error::{Error, Result};
use crate::http::body::present;
use crate::http::fields::Check;
use crate::proposals::accounts::CompanyRole;

const REMARKS_CHARS: usize = 1_000;

/// A decision; no other key is taken.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProposalDecision {
    /// `canceled` by the organiser; `approved` or `rejected` by the vendor.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    status: Option<String>,
    /// Why, 1 to 1000 characters: needed to reject, allowed to approve.
    remarks: Option<String>,
    /// One of the proposed dates: needed to approve.
    event_date: Option<String>,
}

/// A decision that obeys the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub status: Status,
    pub remarks: Option<String>,
    pub event_date: Option<String>,
}

impl ProposalDecision {
    /// Holds a decision of that side against the rules.
    ///
    /// # Errors
    /// 403 for a status that is not this side's to set; otherwise what is wrong, by field.
    pub fn check(
        self,
        role: CompanyRole,
        proposed: &[String],
        today: NaiveDate,
    ) -> Result<Decided> {
        let mut check = Check::default();
        let status = match self.status.as_deref().map(Status::read) {
            Some(Some(status)) => status,
            Some(None) => return Err(Error::invalid("status", "is no status of a proposal")),
            None => return Err(Error::invalid("status", "is missing")),
        };
        match (role, status) {
            (CompanyRole::HumanResource, Status::Canceled)
            | (CompanyRole::Vendor, Status::Approved | Status::Rejected) => {}
            _ => return Err(Error::Forbidden(None)),
        }
        let remarks = self
            .remarks
            .map(|remarks| check.text("remarks", &remarks, 1..=REMARKS_CHARS));
        match (status, &remarks) {
            (Status::Rejected, None) => check.problem("remarks", "is missing"),
            (Status::Canceled, Some(_)) => {
                check.problem("remarks", "goes with a vendor's decision only");
            }
            _ => {}
        }
        match (status, &self.event_date) {
            (Status::Approved, None) => check.problem("eventDate", "is missing"),
            (Status::Approved, Some(date)) if !proposed.contains(date) => {
                check.problem("eventDate", "must be one of the proposed dates");
            }
            (Status::Approved, Some(date)) if *date < today.to_string() => {
                check.problem("eventDate", "is past");
            }
            (Status::Approved, Some(_)) | (_, None) => {}
            (_, Some(_)) => check.problem("eventDate", "goes with an approval only"),
        }
        check.done()?;
        Ok(Decided {
            status,
            remarks,
            event_date: self.event_date,
        })
    }
}
