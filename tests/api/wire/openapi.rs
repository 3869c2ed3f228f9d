//! The OpenAPI document says what the server does, and the server what the document says.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::mounted;
use crate::support::*;

/// The document as the repository has it.
fn checked_in() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("api-docs/openapi.json");
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Method and path of every operation.
fn operations(document: &Value) -> BTreeSet<String> {
    const METHODS: [&str; 8] = [
        "get", "put", "post", "delete", "patch", "head", "options", "trace",
    ];
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("a document has paths") {
        for method in item.as_object().expect("a path item is an object").keys() {
            if METHODS.contains(&method.as_str()) {
                operations.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    operations
}

#[test]
fn the_document_that_is_served_is_the_one_in_the_repository() {
    each(|app| {
        let served = app.anon().get("/api-docs/openapi.json").ok(200);
        assert!(
            served == checked_in(),
            "write it anew with: folkmoot openapi"
        );
    });
}

#[test]
fn every_route_is_in_the_document_and_nothing_else_is() {
    each(|app| {
        let documented = operations(&app.anon().get("/api-docs/openapi.json").ok(200));
        let mounted: BTreeSet<String> = mounted(app)
            .iter()
            .map(|route| {
                let path = route.path.replace('<', "{").replace('>', "}");
                format!("{} {path}", route.method)
            })
            .collect();
        // One route serves an event in several forms, which the document tells apart.
        let documented: BTreeSet<String> = documented
            .iter()
            .map(|operation| operation.replace("}.ics", "}").replace("}.jsonld", "}"))
            .collect();
        let missing: Vec<&String> = mounted.difference(&documented).collect();
        assert!(missing.is_empty(), "not in the document: {missing:?}");
        let invented: Vec<&String> = documented.difference(&mounted).collect();
        assert!(invented.is_empty(), "no such routes: {invented:?}");
    });
}

#[test]
fn every_varying_part_of_a_path_is_a_described_parameter() {
    let document = checked_in();
    for (path, item) in document["paths"].as_object().expect("a document has paths") {
        let varying: BTreeSet<&str> = path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        for (method, operation) in item.as_object().expect("a path item is an object") {
            let described: BTreeSet<&str> = [&item["parameters"], &operation["parameters"]]
                .into_iter()
                .filter_map(Value::as_array)
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            if operation.is_object() {
                assert_eq!(described, varying, "{method} {path}");
            }
        }
    }
}

#[test]
fn the_page_of_the_document_needs_nobody_elses_server() {
    each(|app| {
        let reply = app.anon().get("/api-docs/");
        assert_eq!(reply.status(), 200, "{}", reply.text());
        let kind = reply.header("Content-Type").unwrap_or_default();
        assert!(kind.starts_with("text/html"), "{kind}");
        let page = reply.text();
        let mut addresses = Vec::new();
        for attribute in ["src=", "href="] {
            for rest in page.split(attribute).skip(1) {
                let address = rest.trim_start_matches(['"', '\'']);
                addresses.extend(address.split(['"', '\'', ' ', '>']).next());
            }
        }
        assert!(!addresses.is_empty(), "the page loads something: {page}");
        for address in addresses {
            let external = address.contains("://") || address.starts_with("//");
            assert!(!external, "{address} is somebody else's");
            let path = if address.starts_with('/') {
                address.to_owned()
            } else {
                format!("/api-docs/{}", address.trim_start_matches("./"))
            };
            if !address.starts_with("data:") {
                assert_eq!(app.anon().get(&path).status(), 200, "{path}");
            }
        }
    });
}
