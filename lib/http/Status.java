package lib.http;

/// Which status codes does Comanche send, how are they called, and which of them forbid content? (RFC 9110 §15; 104 from the
/// draft on resumable uploads, 429 and 431 from RFC 6585, 507 from RFC 4918)
///
/// What a client reads when something went wrong comes from here and from nowhere else: never from an exception.
public enum Status {
    CONTINUE(100, "Continue"),
    UPLOAD_RESUMPTION_SUPPORTED(104, "Upload Resumption Supported"),
    OK(200, "OK"),
    CREATED(201, "Created"),
    NO_CONTENT(204, "No Content"),
    PARTIAL_CONTENT(206, "Partial Content"),
    MOVED_PERMANENTLY(301, "Moved Permanently"),
    SEE_OTHER(303, "See Other"),
    NOT_MODIFIED(304, "Not Modified"),
    PERMANENT_REDIRECT(308, "Permanent Redirect"),
    BAD_REQUEST(400, "Bad Request"),
    UNAUTHORIZED(401, "Unauthorized"),
    FORBIDDEN(403, "Forbidden"),
    NOT_FOUND(404, "Not Found"),
    METHOD_NOT_ALLOWED(405, "Method Not Allowed"),
    REQUEST_TIMEOUT(408, "Request Timeout"),
    CONFLICT(409, "Conflict"),
    LENGTH_REQUIRED(411, "Length Required"),
    PRECONDITION_FAILED(412, "Precondition Failed"),
    CONTENT_TOO_LARGE(413, "Content Too Large"),
    URI_TOO_LONG(414, "URI Too Long"),
    UNSUPPORTED_MEDIA_TYPE(415, "Unsupported Media Type"),
    RANGE_NOT_SATISFIABLE(416, "Range Not Satisfiable"),
    EXPECTATION_FAILED(417, "Expectation Failed"),
    MISDIRECTED_REQUEST(421, "Misdirected Request"),
    TOO_MANY_REQUESTS(429, "Too Many Requests"),
    FIELDS_TOO_LARGE(431, "Request Header Fields Too Large"),
    INTERNAL_SERVER_ERROR(500, "Internal Server Error"),
    NOT_IMPLEMENTED(501, "Not Implemented"),
    SERVICE_UNAVAILABLE(503, "Service Unavailable"),
    VERSION_NOT_SUPPORTED(505, "HTTP Version Not Supported"),
    INSUFFICIENT_STORAGE(507, "Insufficient Storage");

    private final int code;
    private final String reason;

    Status(int code, String reason) {
        this.code = code;
        this.reason = reason;
    }

    /// The three digits of the status line.
    public int code() {
        return code;
    }

    /// The reason phrase: for people only, clients go by the code (RFC 9112 §4).
    public String reason() {
        return reason;
    }

    /// Such a response ends with its field section, whatever its fields say, and must not carry a Content-Length of
    /// content that it does not have (RFC 9110 §8.6, RFC 9112 §6.3).
    public boolean forbidsContent() {
        return code < 200 || this == NO_CONTENT || this == NOT_MODIFIED;
    }

    /// Is this one of the client's or the server's failures?
    public boolean isError() {
        return code >= 400;
    }
}
