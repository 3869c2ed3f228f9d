//! Where a call comes from: the peer, unless a proxy that we trust says otherwise. Shown by
//! whose share of sign-ins is used up.

use std::net::{IpAddr, SocketAddr};

use super::limits::{token, use_up};
use crate::support::*;

const PROXIED: [(&str, &str); 2] = [
    ("RATE_LIMIT", "on"),
    ("TRUSTED_PROXIES", "10.0.0.0/8,192.0.2.7,2001:db8:aaaa::/48"),
];

fn peer<'a>(app: &'a App, address: &str) -> Client<'a> {
    let address: IpAddr = address.parse().expect("an IP address");
    app.anon().from_address(SocketAddr::new(address, 50_000))
}

fn sign_in(app: &App, caller: &Client) -> Reply {
    caller.post("/api/auth", token(app, "ann"))
}

/// Asserts that `same` call from where `caller` calls from, and `other` do not.
#[track_caller]
fn assert_told_apart(app: &App, caller: &Client, same: &[Client], other: &[Client]) {
    use_up(10, || sign_in(app, caller));
    for (number, client) in same.iter().enumerate() {
        assert_eq!(
            sign_in(app, client).status(),
            429,
            "number {number} is from the same place"
        );
    }
    for (number, client) in other.iter().enumerate() {
        assert_eq!(
            sign_in(app, client).status(),
            200,
            "number {number} is from elsewhere"
        );
    }
}

#[test]
fn a_peer_is_where_it_is_and_not_where_it_says() {
    each_with(&PROXIED, |app| {
        let stranger = peer(app, "203.0.113.9");
        let same = [
            stranger.with("X-Forwarded-For", "198.51.100.1"),
            stranger.with("Forwarded", "for=198.51.100.1"),
            stranger.with("X-Real-IP", "198.51.100.1"),
            stranger.with("X-Forwarded-For", "10.0.0.1"),
        ];
        let other = [peer(app, "203.0.113.10")];
        assert_told_apart(app, &stranger, &same, &other);
    });
}

#[test]
fn a_trusted_proxy_says_where_a_call_comes_from() {
    each_with(&PROXIED, |app| {
        let proxy = peer(app, "10.0.0.1");
        let caller = proxy.with("X-Forwarded-For", "198.51.100.1");
        let same = [
            peer(app, "10.20.30.40").with("X-Forwarded-For", "198.51.100.1"),
            peer(app, "192.0.2.7").with("X-Forwarded-For", "198.51.100.1"),
        ];
        let other = [
            proxy.with("X-Forwarded-For", "198.51.100.2"),
            peer(app, "192.0.2.8").with("X-Forwarded-For", "198.51.100.1"),
        ];
        assert_told_apart(app, &caller, &same, &other);
    });
}

#[test]
fn the_rightmost_hop_that_is_not_trusted_counts() {
    each_with(&PROXIED, |app| {
        let proxy = peer(app, "10.0.0.1");
        let caller = proxy.with("X-Forwarded-For", "198.51.100.1");
        let same = [
            // What stands further left is what the caller wrote.
            proxy.with("X-Forwarded-For", "198.51.100.9, 198.51.100.1"),
            proxy.with("X-Forwarded-For", "198.51.100.9, 198.51.100.1, 10.0.0.7"),
            proxy.with(
                "X-Forwarded-For",
                "10.0.0.9, 198.51.100.1,192.0.2.7 , 10.0.0.7",
            ),
            proxy.with("X-Forwarded-For", "nonsense, 198.51.100.1"),
            proxy
                .with("X-Forwarded-For", "198.51.100.9")
                .with("X-Forwarded-For", "198.51.100.1"),
        ];
        let other = [proxy.with("X-Forwarded-For", "198.51.100.1, 198.51.100.9")];
        assert_told_apart(app, &caller, &same, &other);
    });
}

#[test]
fn the_standard_header_is_believed_too() {
    each_with(&PROXIED, |app| {
        let proxy = peer(app, "10.0.0.1");
        let caller = proxy.with("Forwarded", "for=198.51.100.1;proto=https");
        let same = [
            proxy.with("X-Forwarded-For", "198.51.100.1"),
            proxy.with("Forwarded", "for=198.51.100.9, for=\"198.51.100.1:4711\""),
        ];
        let other = [proxy.with("Forwarded", "for=198.51.100.2;by=198.51.100.1")];
        assert_told_apart(app, &caller, &same, &other);
    });
}

#[test]
fn nobody_is_believed_about_x_real_ip() {
    each_with(&PROXIED, |app| {
        let proxy = peer(app, "10.0.0.1");
        let same = [proxy.with("X-Real-IP", "198.51.100.1")];
        assert_told_apart(app, &proxy, &same, &[]);
    });
}

#[test]
fn a_host_with_ipv6_is_its_network_of_64_bits() {
    each_with(&PROXIED, |app| {
        let host = peer(app, "2001:db8:1:2::1");
        let same = [
            peer(app, "2001:db8:1:2:ffff:ffff:ffff:ffff"),
            peer(app, "2001:db8:1:2::"),
        ];
        let other = [
            peer(app, "2001:db8:1:3::1"),
            peer(app, "2001:db8:1:1:ffff::1"),
        ];
        assert_told_apart(app, &host, &same, &other);
    });
}

#[test]
fn an_ipv4_address_in_ipv6_clothes_is_itself() {
    each_with(&PROXIED, |app| {
        let host = peer(app, "203.0.113.9");
        let same = [peer(app, "::ffff:203.0.113.9")];
        let other = [peer(app, "::ffff:203.0.113.10")];
        assert_told_apart(app, &host, &same, &other);
    });
}

#[test]
fn without_trusted_proxies_nobody_is_believed() {
    each_with(&[("RATE_LIMIT", "on")], |app| {
        let host = peer(app, "127.0.0.1");
        let same = [
            host.with("X-Forwarded-For", "198.51.100.1"),
            host.with("Forwarded", "for=198.51.100.1"),
        ];
        assert_told_apart(app, &host, &same, &[]);
    });
}
