//! Proposals: organisers of companies propose events to vendors.

pub mod accounts;
pub mod catalogue;
pub mod link;
pub mod requests;

use rocket::fairing::AdHoc;
use utoipa::OpenApi as _;

use crate::bus::worker::Subscriber;
use crate::community::export::{START, Section, items};

/// Mounts this system's routes.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("proposals", |rocket| async {
        rocket
            .attach(accounts::stage())
            .attach(catalogue::stage())
            .attach(requests::stage())
            .attach(link::stage())
    })
}

/// This system's parts of the document.
pub fn openapi() -> Vec<utoipa::openapi::OpenApi> {
    vec![
        accounts::auth::Api::openapi(),
        accounts::users::Api::openapi(),
        catalogue::Api::openapi(),
        requests::Api::openapi(),
        link::Api::openapi(),
    ]
}

/// What a person's own export shows of what is here.
pub fn sections() -> Vec<Section> {
    vec![
        Section {
            name: "company",
            page: |conn, me, (_, id)| {
                let rows = accounts::find(conn, me)?;
                let rows = rows.filter(|_| id == START.1);
                items(rows, |account| (START.0, account.id.of()))
            },
        },
        Section {
            name: "proposals",
            page: |conn, me, (_, id)| {
                let rows = requests::of(conn, me, id.of())?;
                items(rows, |proposal| (START.0, proposal.id.of()))
            },
        },
    ]
}

/// What hears changes here.
pub fn subscribers() -> Vec<Subscriber> {
    vec![
        requests::approval::SUBSCRIBER,
        accounts::ERASURES,
        accounts::CLOSING,
    ]
}
