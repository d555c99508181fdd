package lib.http;

/// Who is at the other end of the connection?
///
/// @param address as text, an IPv6 address without brackets; empty at a socket of the file system
/// @param port to which of our ports it came; 0 at a socket of the file system
/// @param loopback does it sit on this machine?
/// @param secure do its octets come and go under TLS?
public record Client(String address, int port, boolean loopback, boolean secure) {}
