//! The OpenAPI document, made from the code, and its page.

use rocket::fairing::AdHoc;
use rocket::http::Method;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi as _};
use utoipa_swagger_ui::SwaggerUi;

use super::envelope::{
    AutomationFailure, BoxOfficeFailure, Failure, FederationFailure, ProposalsFailure,
};
use super::{System, system_of};

/// What the page may load: its own files, and the styles that it sets itself.
pub const PAGE_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
                               img-src 'self' data:; frame-ancestors 'none'";

/// Where the page is.
const PAGE: &str = "/api-docs";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Folkmoot",
        description = "A community events server. Conventions: api-docs/README.md.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(
        Failure,
        BoxOfficeFailure,
        AutomationFailure,
        ProposalsFailure,
        FederationFailure
    )),
    modifiers(&Common)
)]
struct Root;

/// The document that the systems' parts make.
pub fn document(parts: impl IntoIterator<Item = OpenApi>) -> OpenApi {
    let mut document = Root::openapi();
    parts.into_iter().for_each(|part| document.merge(part));
    Common.modify(&mut document);
    document
}

/// True for paths of the page.
pub fn is_page(path: &str) -> bool {
    path.starts_with(PAGE)
}

/// Serves document and page.
pub fn stage(document: OpenApi) -> AdHoc {
    AdHoc::on_ignite("docs", |rocket| async {
        let page = SwaggerUi::new("/api-docs/<_..>").url("/api-docs/openapi.json", document);
        rocket.mount("/", Vec::<rocket::Route>::from(page))
    })
}

/// What stands on every operation and is not repeated at each.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let cookie = ApiKeyValue::with_description("session", "Set by signing in; lasts 30 days.");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let key = ApiKeyValue::with_description(
            "X-API-Key",
            "The key that services share; also as `Authorization: ApiKey …`.",
        );
        components.add_security_scheme("internal", SecurityScheme::ApiKey(ApiKey::Header(key)));
        for (name, description) in [
            (
                "admin",
                "An access token of an admin, from signing in; 15 minutes.",
            ),
            (
                "proposals",
                "A token of an organiser or vendor, from signing in; 12 hours.",
            ),
            (
                "machine",
                "A token of a program: `fmt_…`, or the one of the settings.",
            ),
        ] {
            let bearer = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(description))
                .build();
            components.add_security_scheme(name, SecurityScheme::Http(bearer));
        }
        for (path, item) in &mut document.paths.paths {
            let operations = [
                ("get", &mut item.get),
                ("put", &mut item.put),
                ("post", &mut item.post),
                ("delete", &mut item.delete),
                ("patch", &mut item.patch),
            ];
            for (method, operation) in operations {
                if let Some(operation) = operation {
                    operation.operation_id = Some(operation_id(method, path));
                    add_failures(method, path, operation);
                }
            }
        }
    }
}

/// A name that no other operation has: `get /api/events/{event_id}` is
/// `get_api_events_event_id`. The handlers' names are unique in their slice only.
fn operation_id(method: &str, path: &str) -> String {
    let words = path
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    std::iter::once(method)
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

fn add_failures(method: &str, path: &str, operation: &mut utoipa::openapi::path::Operation) {
    let signed_in = operation.security.is_some();
    let takes_body = operation.request_body.is_some();
    let system = system_of(method.to_uppercase().parse().unwrap_or(Method::Get), path);
    let community = system == System::Community;
    let common = [
        (
            "400",
            "Not as it must be; says what is wrong, by field",
            takes_body && !community,
        ),
        ("401", "Nobody is signed in", signed_in),
        (
            "403",
            "A page of another site, or not allowed",
            signed_in && method != "get",
        ),
        (
            "409",
            "A call with this `Idempotency-Key` is under way",
            signed_in && takes_body && method == "post" && community,
        ),
        ("413", "The body is longer than 1 MiB", takes_body),
        ("415", "The body is not application/json", takes_body),
        (
            "422",
            "Well-formed, but against a rule; `fields` says which",
            takes_body && community,
        ),
        (
            "429",
            "Over the limit; `Retry-After` says for how long",
            !path.starts_with("/health"),
        ),
        ("500", "A fault of this server", true),
        (
            "503",
            "The database, or a service it needs, is out of reach",
            true,
        ),
    ];
    for (status, description, applies) in common {
        if applies && !operation.responses.responses.contains_key(status) {
            let response = utoipa::openapi::ResponseBuilder::new()
                .description(description)
                .build();
            operation
                .responses
                .responses
                .insert(status.to_owned(), response.into());
        }
    }
    give_form(system, operation);
}

/// All failures of a system have one form.
fn give_form(system: System, operation: &mut utoipa::openapi::path::Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let utoipa::openapi::RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && response.content.is_empty()
        {
            let form = utoipa::openapi::Ref::from_schema_name(form_of(system));
            let content = utoipa::openapi::ContentBuilder::new()
                .schema(Some(form))
                .build();
            response
                .content
                .insert("application/json".to_owned(), content.into());
        }
    }
}

/// The name of the form of a system's failures.
fn form_of(system: System) -> &'static str {
    match system {
        System::Community => "Failure",
        System::BoxOffice => "BoxOfficeFailure",
        System::Automation => "AutomationFailure",
        System::Proposals => "ProposalsFailure",
        System::Federation => "FederationFailure",
    }
}
