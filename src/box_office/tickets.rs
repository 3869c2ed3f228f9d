//! Tickets: signed codes that show a confirmed booking, at a door that may be offline, and
//! letting people in by them.
//!
//! Routes: GET `/api/v1/tickets/keys`, POST `/api/v1/admin/events/{id}/check-in`; the picture of
//! a ticket is at its booking ([`super::bookings`]). Emits: `booking.admitted`.
//!
//! A code is a JWS in compact form (RFC 7515) signed by Ed25519 (RFC 8037), so that any reader
//! with the public keys (a JWKS, RFC 7517) can verify it without asking the server.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use rocket::fairing::AdHoc;
use rocket::{State, get, post, routes};
use serde::{Deserialize, Serialize};

use super::bookings::{self, BookingId, BookingRow};
use super::{events, seats};
use crate::clock::Clock;
use crate::community::events::EventId;
use crate::config::Config;
use crate::db::Db;
use crate::db::types::{Rfc3339, Timestamp};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::Plain;
use crate::http::fresh::Fresh;
use crate::identity::guard::Admin;
use crate::identity::roles::Permission;
use crate::secret::{Secret, sha256_hex};

/// What the keys are derived for.
const PURPOSE: &str = "tickets 1";
/// Most characters of a code.
const CODE_CHARS: usize = 2_000;

/// The routes of this slice.
#[derive(utoipa::OpenApi)]
#[openapi(paths(keys, check_in))]
pub struct Api;

/// Serves this slice.
pub fn stage() -> AdHoc {
    AdHoc::try_on_ignite("tickets", |rocket| async {
        let tickets = match (rocket.state::<Secret>(), rocket.state::<Config>()) {
            (Some(secret), Some(config)) => Tickets::new(secret, config),
            _ => Err(Error::internal("no settings")),
        };
        match tickets {
            Ok(tickets) => Ok(rocket.manage(tickets).mount("/", routes![keys, check_in])),
            Err(error) => {
                tracing::error!(cause = %error, "tickets cannot be signed");
                Err(rocket)
            }
        }
    })
}

/// Signs tickets, and knows its own.
pub struct Tickets {
    issuer: String,
    signing: EncodingKey,
    header: Header,
    /// The key in use first, then former ones.
    verifying: Vec<(PublicKey, DecodingKey)>,
}

/// A public key (RFC 8037).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct PublicKey {
    /// `OKP`
    kty: &'static str,
    /// `Ed25519`
    crv: &'static str,
    /// Names the key in a code's header.
    kid: String,
    /// The key, base64url.
    x: String,
    /// `EdDSA`
    alg: &'static str,
    /// `sig`
    #[serde(rename = "use")]
    usage: &'static str,
}

/// The keys that tickets are verified with (RFC 7517).
#[derive(Serialize, utoipa::ToSchema)]
struct TicketKeys {
    keys: Vec<PublicKey>,
}

/// What a code says.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    /// The server.
    iss: String,
    /// The booking.
    sub: BookingId,
    /// The event.
    evt: EventId,
    /// The booking's reference.
    #[serde(rename = "ref")]
    reference: String,
    /// How many people it lets in.
    qty: i64,
}

impl Tickets {
    /// With keys of their own, derived from the server's.
    ///
    /// # Errors
    /// A fault of the crypto library.
    pub fn new(secret: &Secret, config: &Config) -> Result<Self> {
        let seeds = secret.keys_for(PURPOSE);
        let pairs = seeds
            .iter()
            .map(|seed| Ed25519KeyPair::from_seed_unchecked(seed));
        let pairs = pairs
            .collect::<Result<Vec<_>, _>>()
            .map_err(Error::internal)?;
        let first = pairs.first().ok_or_else(|| Error::internal("no key"))?;
        let pkcs8 = first.to_pkcs8().map_err(Error::internal)?;
        let verifying = pairs.iter().map(|pair| {
            let x = URL_SAFE_NO_PAD.encode(pair.public_key());
            let key = DecodingKey::from_ed_components(&x).map_err(Error::internal)?;
            let kid = sha256_hex(&[pair.public_key().as_ref()])
                .chars()
                .take(16)
                .collect();
            let public = PublicKey {
                kty: "OKP",
                crv: "Ed25519",
                kid,
                x,
                alg: "EdDSA",
                usage: "sig",
            };
            Ok((public, key))
        });
        let verifying = verifying.collect::<Result<Vec<_>>>()?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = verifying.first().map(|(public, _)| public.kid.clone());
        Ok(Self {
            issuer: config.public_origin(),
            signing: EncodingKey::from_ed_der(pkcs8.as_ref()),
            header,
            verifying,
        })
    }

    /// The code of a confirmed booking.
    pub fn code(&self, row: &BookingRow) -> Result<String> {
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: row.id,
            evt: row.event_id,
            reference: row.reference().to_owned(),
            qty: row.quantity,
        };
        jsonwebtoken::encode(&self.header, &claims, &self.signing).map_err(Error::internal)
    }

    /// What a code says that this server signed.
    fn read(&self, code: &str) -> Option<Claims> {
        let code = code.trim();
        if code.len() > CODE_CHARS {
            return None;
        }
        let kid = jsonwebtoken::decode_header(code).ok()?.kid?;
        let mut keys = self.verifying.iter();
        let (_, key) = keys.find(|(public, _)| public.kid == kid)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.set_required_spec_claims(&["iss"]);
        rules.set_issuer(&[&self.issuer]);
        let read = jsonwebtoken::decode::<Claims>(code, key, &rules);
        read.ok().map(|data| data.claims)
    }
}

/// A code as a QR picture.
pub fn picture(code: &str) -> Result<String> {
    // A seventh of it may be unreadable: paper is folded, and screens are broken.
    let qr = QrCode::with_error_correction_level(code, EcLevel::M).map_err(Error::internal)?;
    let mut picture = qr.render::<svg::Color<'_>>();
    Ok(picture.min_dimensions(320, 320).build())
}

/// The public keys of tickets, for readers at a door without network.
#[utoipa::path(tag = "Tickets", responses(
    (status = 200, description = "A JWKS (RFC 7517)", body = TicketKeys),
    (status = 304, description = "The caller has it: `If-None-Match` names its `ETag`"),
))]
#[get("/api/v1/tickets/keys")]
fn keys(tickets: &State<Tickets>) -> Fresh<TicketKeys> {
    let keys = tickets.verifying.iter().map(|(public, _)| public.clone());
    Fresh(TicketKeys {
        keys: keys.collect(),
    })
}

/// A ticket that is shown at the door.
#[derive(Deserialize, utoipa::ToSchema)]
struct ShownTicket {
    /// What the QR code holds.
    code: String,
}

/// Who is let in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Admission {
    #[schema(inline)]
    booking_id: BookingId,
    /// How many people.
    admitted: i64,
    #[schema(inline)]
    at: Rfc3339,
}

/// Lets the people of a ticket in, once.
#[utoipa::path(tag = "Tickets", security(("admin" = [])), params(("event_id" = EventId, Path)),
    request_body = ShownTicket,
    responses(
        (status = 200, description = "They may come in", body = Admission),
        (status = 400, description = "`VALIDATION_FAILED`: no ticket of this event"),
        (status = 404, description = "`EVENT_NOT_FOUND`"),
        (status = 409, description = "`ALREADY_CHECKED_IN`, with the first time; `CONFLICT`: the booking was cancelled"),
    ))]
#[post("/api/v1/admin/events/<event_id>/check-in", data = "<body>")]
async fn check_in(
    event_id: &str,
    admin: Admin,
    body: Body<ShownTicket>,
    db: &State<Db>,
    clock: &State<Clock>,
    tickets: &State<Tickets>,
) -> Result<Plain<Admission>> {
    admin.may(Permission::WriteEvents)?;
    let code = body.valid()?.code;
    let (id, now) = (seats::read_id(event_id)?, Timestamp(clock.now()));
    let claims = tickets.read(&code).filter(|claims| claims.evt == id);
    let booking = claims.map(|claims| claims.sub);
    let admitted = db.write_hot(move |conn| {
        admin.check(conn, Permission::WriteEvents)?;
        events::mine(&admin, seats::find(conn, id)?)?;
        let forged = || Error::invalid("code", "is no ticket of this event");
        let booking = booking.ok_or_else(forged)?;
        let row = bookings::admit(conn, booking, admin.user_id, now)?;
        let row = row.ok_or_else(forged)?;
        Ok(Admission {
            booking_id: row.id,
            admitted: row.quantity,
            at: now.into(),
        })
    });
    Ok(Plain::ok(admitted.await?))
}
