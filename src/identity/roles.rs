//! What administrators may do.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// An administrator's role. The later ones may do less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, and managing admins, tokens and friends.
    SuperAdmin,
    /// Own events, venues, the catalogue of events that can be proposed.
    EventManager,
    /// Reads figures.
    Analyst,
}

/// Something that a role may do, as answers name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub enum Permission {
    #[serde(rename = "admins:write")]
    ManageAdmins,
    #[serde(rename = "analytics:read")]
    ReadAnalytics,
    #[serde(rename = "audit:read")]
    ReadAudit,
    #[serde(rename = "catalogue:write")]
    WriteCatalogue,
    #[serde(rename = "events:write")]
    WriteEvents,
    #[serde(rename = "friends:write")]
    ManageFriends,
    #[serde(rename = "moderation:write")]
    Moderate,
    #[serde(rename = "tokens:write")]
    ManageTokens,
    #[serde(rename = "venues:write")]
    WriteVenues,
}

impl Role {
    /// Reads its name.
    pub fn read(text: &str) -> Option<Self> {
        [Self::SuperAdmin, Self::EventManager, Self::Analyst]
            .into_iter()
            .find(|role| role.as_str() == text)
    }

    /// Reads the name that a caller gave in the field `role`.
    ///
    /// # Errors
    /// What is wrong with the field.
    pub fn asked(text: &str) -> Result<Self> {
        Self::read(text)
            .ok_or_else(|| Error::invalid("role", "must be super_admin, event_manager or analyst"))
    }

    /// Its name, on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super_admin",
            Self::EventManager => "event_manager",
            Self::Analyst => "analyst",
        }
    }

    /// What it may do.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::{
            ManageAdmins, ManageFriends, ManageTokens, Moderate, ReadAnalytics, ReadAudit,
            WriteCatalogue, WriteEvents, WriteVenues,
        };
        match self {
            Self::SuperAdmin => &[
                ManageAdmins,
                ReadAnalytics,
                ReadAudit,
                WriteCatalogue,
                WriteEvents,
                ManageFriends,
                Moderate,
                ManageTokens,
                WriteVenues,
            ],
            Self::EventManager => &[ReadAnalytics, WriteCatalogue, WriteEvents, WriteVenues],
            Self::Analyst => &[ReadAnalytics],
        }
    }
}
