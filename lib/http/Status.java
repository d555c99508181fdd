package lib.http;

import java.util.List;

/// Which status codes does Comanche send, how are they called, and which of them forbid content? (RFC 9110 §15; 104 from the
/// draft on resumable uploads, 429 and 431 from RFC 6585, 507 from RFC 4918)
///
/// What a client reads when something went wrong comes from here and from nowhere else: never from an exception.
///
/// Programs that answer through us may send others: [#of].
///
/// @param code the three digits of the status line
/// @param reason the reason phrase: for people only, clients go by the code (RFC 9112 §4)
public record Status(int code, String reason) {
    public static final Status CONTINUE = new Status(100, "Continue");
    public static final Status UPLOAD_RESUMPTION_SUPPORTED = new Status(104, "Upload Resumption Supported");
    public static final Status OK = new Status(200, "OK");
    public static final Status CREATED = new Status(201, "Created");
    public static final Status NO_CONTENT = new Status(204, "No Content");
    public static final Status PARTIAL_CONTENT = new Status(206, "Partial Content");
    public static final Status MOVED_PERMANENTLY = new Status(301, "Moved Permanently");
    public static final Status FOUND = new Status(302, "Found");
    public static final Status SEE_OTHER = new Status(303, "See Other");
    public static final Status NOT_MODIFIED = new Status(304, "Not Modified");
    public static final Status PERMANENT_REDIRECT = new Status(308, "Permanent Redirect");
    public static final Status BAD_REQUEST = new Status(400, "Bad Request");
    public static final Status UNAUTHORIZED = new Status(401, "Unauthorized");
    public static final Status FORBIDDEN = new Status(403, "Forbidden");
    public static final Status NOT_FOUND = new Status(404, "Not Found");
    public static final Status METHOD_NOT_ALLOWED = new Status(405, "Method Not Allowed");
    public static final Status REQUEST_TIMEOUT = new Status(408, "Request Timeout");
    public static final Status CONFLICT = new Status(409, "Conflict");
    public static final Status LENGTH_REQUIRED = new Status(411, "Length Required");
    public static final Status PRECONDITION_FAILED = new Status(412, "Precondition Failed");
    public static final Status CONTENT_TOO_LARGE = new Status(413, "Content Too Large");
    public static final Status URI_TOO_LONG = new Status(414, "URI Too Long");
    public static final Status UNSUPPORTED_MEDIA_TYPE = new Status(415, "Unsupported Media Type");
    public static final Status RANGE_NOT_SATISFIABLE = new Status(416, "Range Not Satisfiable");
    public static final Status EXPECTATION_FAILED = new Status(417, "Expectation Failed");
    public static final Status MISDIRECTED_REQUEST = new Status(421, "Misdirected Request");
    public static final Status TOO_MANY_REQUESTS = new Status(429, "Too Many Requests");
    public static final Status FIELDS_TOO_LARGE = new Status(431, "Request Header Fields Too Large");
    public static final Status INTERNAL_SERVER_ERROR = new Status(500, "Internal Server Error");
    public static final Status NOT_IMPLEMENTED = new Status(501, "Not Implemented");
    public static final Status BAD_GATEWAY = new Status(502, "Bad Gateway");
    public static final Status SERVICE_UNAVAILABLE = new Status(503, "Service Unavailable");
    public static final Status GATEWAY_TIMEOUT = new Status(504, "Gateway Timeout");
    public static final Status VERSION_NOT_SUPPORTED = new Status(505, "HTTP Version Not Supported");
    public static final Status INSUFFICIENT_STORAGE = new Status(507, "Insufficient Storage");

    /// Those above.
    public static final List<Status> KNOWN = List.of(
            CONTINUE, UPLOAD_RESUMPTION_SUPPORTED, OK, CREATED, NO_CONTENT, PARTIAL_CONTENT,
            MOVED_PERMANENTLY, FOUND, SEE_OTHER, NOT_MODIFIED, PERMANENT_REDIRECT, BAD_REQUEST,
            UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, REQUEST_TIMEOUT, CONFLICT,
            LENGTH_REQUIRED, PRECONDITION_FAILED, CONTENT_TOO_LARGE, URI_TOO_LONG,
            UNSUPPORTED_MEDIA_TYPE, RANGE_NOT_SATISFIABLE, EXPECTATION_FAILED, MISDIRECTED_REQUEST,
            TOO_MANY_REQUESTS, FIELDS_TOO_LARGE, INTERNAL_SERVER_ERROR, NOT_IMPLEMENTED, BAD_GATEWAY,
            SERVICE_UNAVAILABLE, GATEWAY_TIMEOUT, VERSION_NOT_SUPPORTED, INSUFFICIENT_STORAGE);

    /// A status that somebody else has chosen.
    ///
    /// @throws IllegalArgumentException if it could not stand in a status line
    public static Status of(int code, String reason) {
        for (Status known : KNOWN) {
            if (known.code == code && (reason.isEmpty() || known.reason.equals(reason))) {
                return known;
            }
        }
        return new Status(code, reason);
    }

    public Status {
        if (code < 100 || code > 599 || !Tokens.isFieldValue(reason)) {
            throw new IllegalArgumentException("not a status");
        }
    }

    /// Such a response ends with its field section, whatever its fields say, and must not carry a Content-Length of
    /// content that it does not have (RFC 9110 §8.6, RFC 9112 §6.3).
    public boolean forbidsContent() {
        return code < 200 || code == 204 || code == 304;
    }

    /// Is this one of the client's or the server's failures?
    public boolean isError() {
        return code >= 400;
    }
}
