package lib.http;

/// Who is at the other end of the connection?
///
/// @param address as text, an IPv6 address without brackets; empty at a socket of the file system
/// @param loopback does it sit on this machine?
/// @param secure do its octets come and go under TLS?
public record Client(String address, boolean loopback, boolean secure) {}
