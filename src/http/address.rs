//! Where a call comes from: the peer, or the hop that trusted proxies name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use rocket::Request;

use crate::config::Config;

/// The caller's address: the peer's, or behind `TRUSTED_PROXIES` the rightmost hop that
/// is not one of them.
pub fn of(request: &Request<'_>) -> IpAddr {
    // Only the in-process test client has no peer.
    let peer = request
        .remote()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip());
    let peer = peer.to_canonical();
    match request.rocket().state::<Config>() {
        Some(config) if is_trusted(peer, &config.trusted_proxies) => {
            let told = |name, parse: fn(&str) -> Option<IpAddr>| {
                let hops = request.headers().get(name).collect::<Vec<_>>().join(",");
                (!hops.is_empty()).then(|| client(peer, &config.trusted_proxies, &hops, parse))
            };
            // A proxy that writes one of them lets a caller's own other one through; where
            // they disagree, neither can be believed.
            match (
                told("X-Forwarded-For", bare),
                told("Forwarded", forwarded_for),
            ) {
                (Some(one), Some(other)) if one != other => peer,
                (one, other) => one.or(other).unwrap_or(peer),
            }
        }
        _ => peer,
    }
}

/// The part of an address that stands for one caller: an IPv6 host has a /64 to itself.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// `IPv4` or `IPv6`.
pub fn family(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "IPv4",
        IpAddr::V6(_) => "IPv6",
    }
}

fn is_trusted(address: IpAddr, proxies: &[IpNet]) -> bool {
    proxies.iter().any(|network| network.contains(&address))
}

/// Goes from the nearest hop outwards. What an untrusted hop wrote is never reached, and
/// at a hop that is no address the last good one stands.
fn client(
    peer: IpAddr,
    proxies: &[IpNet],
    hops: &str,
    parse: impl Fn(&str) -> Option<IpAddr>,
) -> IpAddr {
    let mut client = peer;
    for hop in hops.rsplit(',') {
        match parse(hop.trim()) {
            Some(address) => client = address.to_canonical(),
            None => break,
        }
        if !is_trusted(client, proxies) {
            break;
        }
    }
    client
}

/// An address, perhaps in brackets, perhaps with a port.
fn bare(text: &str) -> Option<IpAddr> {
    text.parse()
        .ok()
        .or_else(|| {
            text.parse()
                .map(|with_port: std::net::SocketAddr| with_port.ip())
                .ok()
        })
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

/// The `for` of one hop of a `Forwarded` header (RFC 7239).
fn forwarded_for(hop: &str) -> Option<IpAddr> {
    hop.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for")
            .then(|| bare(value.trim_matches('"')))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(hops: &str) -> String {
        let proxies = ["10.0.0.0/8".parse().expect("a network")];
        client(
            "10.0.0.1".parse().expect("an address"),
            &proxies,
            hops,
            bare,
        )
        .to_string()
    }

    #[test]
    fn the_rightmost_hop_that_is_no_proxy_is_the_caller() {
        assert_eq!(found("203.0.113.9"), "203.0.113.9");
        assert_eq!(found("1.2.3.4, 203.0.113.9, 10.0.0.7"), "203.0.113.9");
        assert_eq!(found("10.0.0.9"), "10.0.0.9");
        assert_eq!(found("[2001:db8::1]:4711"), "2001:db8::1");
        assert_eq!(found("::ffff:203.0.113.9"), "203.0.113.9");
        assert_eq!(found("203.0.113.9, unknown"), "10.0.0.1");
        assert_eq!(found(""), "10.0.0.1");
    }

    #[test]
    fn the_standard_header_is_read() {
        assert_eq!(
            forwarded_for("proto=http; For=\"[2001:db8:cafe::17]:4711\""),
            "2001:db8:cafe::17".parse().ok()
        );
        assert_eq!(
            forwarded_for("for=192.0.2.60;by=203.0.113.43"),
            "192.0.2.60".parse().ok()
        );
        assert_eq!(forwarded_for("for=_hidden"), None);
    }

    #[test]
    fn a_v6_host_is_its_network() {
        let [a, b] = ["2001:db8::1", "2001:db8::ffff:2"].map(|a| network(a.parse().expect("v6")));
        assert_eq!(a, b);
        assert_ne!(a, network("2001:db8:0:1::1".parse().expect("v6")));
    }
}
