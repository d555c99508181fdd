package tests.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.http.Authority;
import lib.http.Content;
import lib.http.Exchange;
import lib.http.Fields;
import lib.http.MediaTypes;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.http.Target;
import lib.site.Access;
import lib.site.Docroot;
import lib.site.Errand;
import lib.site.Gateway;
import lib.site.Guard;
import lib.site.Intake;
import lib.site.PathPattern;
import lib.site.Programs;
import lib.site.Site;
import lib.site.Visibility;
import lib.site.Writing;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which program answers to a request, and that nobody gets at its source.
class ProgramsTest {
    private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

    @TempDir
    private static Path tree;

    /// Tells what it was asked, or what it is told to.
    private static final class Echo implements Gateway {
        private Outcome outcome;
        private final List<Errand> errands = new ArrayList<>();

        @Override
        public Outcome ask(Errand errand) {
            errands.add(errand);
            String told = errand.request().method() + " " + errand.name() + "|" + errand.rest() + "|"
                    + errand.file().map(file -> file.getFileName().toString()).orElse("-");
            return outcome != null && errands.size() == 1 ? outcome
                    : new Answered(new Response(Status.OK, Fields.of("X-Frame-Options", "mine"), new Content.Octets(told.getBytes(StandardCharsets.UTF_8))));
        }

        @Override
        public void rest() {}

        @Override
        public void close() {}
    }

    @BeforeAll
    static void build() throws IOException {
        for (String file : List.of("index.php", "plain.txt", "script.php", "script.php.txt", "cgi-bin/list", "cgi-bin/sub/more",
                "app/index.html", "dir.php/inside.txt", "dir.php/inner.php", "blog/index.php", "both/index.html", "both/index.php")) {
            Files.createDirectories(tree.resolve(file).getParent());
            Files.writeString(tree.resolve(file), "SOURCE of " + file);
        }
        Files.createSymbolicLink(tree.resolve("alias.txt"), Path.of("script.php"));
        Files.createSymbolicLink(tree.resolve("alias.php"), Path.of("plain.txt"));
        Files.createSymbolicLink(tree.resolve("tools"), Path.of("cgi-bin"));
    }

    private static Programs.Rule rule(String pattern, boolean files, Gateway gateway) {
        return new Programs.Rule(PathPattern.parse(pattern).orElseThrow(), files, gateway);
    }

    private static Site site(Gateway gateway, boolean spa, Guard guard) throws IOException {
        return site(gateway, spa, guard, List.of("index.html", "index.php"));
    }

    private static Site site(Gateway gateway, boolean spa, Guard guard, List<String> indexNames) throws IOException {
        Programs programs = new Programs(List.of(rule("*.php", true, gateway), rule("/cgi-bin/", true, gateway),
                rule("/git", false, gateway)));
        return new Site(new Docroot(tree, new Visibility(false, false), false, programs, lib.site.DocumentCache.NONE), manners(indexNames, spa), guard, new MediaTypes(java.util.Map.of()), 10, programs, new lib.site.Walks(1));
    }

    private static Site.Manners manners(List<String> indexNames, boolean spa) {
        return new Site.Manners(indexNames, true, spa, false, false, Writing.WRITE,
                new Intake(Intake.Clash.RENAME, 1 << 20, 0, 10, Duration.ofHours(1)), false, Fields.NONE);
    }

    private static Request request(String method, String target, String... fields) {
        return new Request(method, target, Target.parse(target, method).orElseThrow(), 1, Authority.parse("example.com"), Fields.of(fields));
    }

    private static Response answer(Site site, Request request) throws IOException {
        return site.answer(request, Exchange.of(Fixture.CLIENT), NOW).response();
    }

    private static String text(Response response) throws IOException {
        return switch (response.content()) {
            case Content.Octets octets -> new String(octets.octets(), StandardCharsets.UTF_8);
            case Content.FileSlice slice -> {
                java.nio.ByteBuffer octets = java.nio.ByteBuffer.allocate((int) slice.length());
                slice.file().read(octets, slice.offset());
                slice.file().close();
                yield new String(octets.array(), StandardCharsets.UTF_8);
            }
            case Content.Stream stream -> {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                stream.producer().writeTo(out);
                yield out.toString(StandardCharsets.ISO_8859_1);
            }
            default -> "";
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            /script.php                ; GET /script.php||script.php
            /script.php?a=b            ; GET /script.php||script.php
            /script.php/               ; GET /script.php|/|script.php
            /script.php/a/b            ; GET /script.php|/a/b|script.php
            /script.php/a/             ; GET /script.php|/a/|script.php
            /script.php/a%20b          ; GET /script.php|/a b|script.php
            /cgi-bin/list              ; GET /cgi-bin/list||list
            /cgi-bin/list/x.php        ; GET /cgi-bin/list|/x.php|list
            /cgi-bin/sub/more/and      ; GET /cgi-bin/sub/more|/and|more
            /git                       ; GET /git||-
            /git/                      ; GET /git|/|-
            /git/project.git/info      ; GET /git|/project.git/info|-
            /dir.php/inner.php/rest    ; GET /dir.php/inner.php|/rest|inner.php
            /alias.php                 ; GET /alias.php||plain.txt
            /                          ; GET /index.php||index.php
            /blog/                     ; GET /blog/index.php||index.php
            """)
    void aTargetNamesItsProgramAndTheRestIsForTheProgram(String target, String told) throws IOException {
        assertEquals(told, text(answer(site(new Echo(), false, Guard.NONE), request("GET", target))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            /plain.txt              ; 200
            /script.php.txt         ; 200
            /dir.php/inside.txt     ; 200
            /both/                  ; 200
            /app/                   ; 200
            /SCRIPT.PHP             ; 404
            /script.php%00          ; 400
            /script%2Ephp/%2e%2e/x  ; 404
            /script.php/a%2Fb       ; 404
            /nothing.php            ; 404
            /cgi-bin/nothing        ; 404
            /cgi-bin/               ; 200
            /CGI-BIN/list           ; 404
            /gitter                 ; 404
            /alias.txt              ; 403
            /tools/list             ; 403
            """)
    void whatIsNoProgramIsNotRun(String target, int status) throws IOException {
        Optional<? extends Target> parsed = Target.parse(target, "GET");
        if (parsed.isEmpty()) {
            assertEquals(400, status);
            return;
        }
        Echo echo = new Echo();
        Response response = answer(site(echo, false, Guard.NONE), request("GET", target));
        assertEquals(List.of(), echo.errands);
        assertEquals(status, response.status().code(), target);
        assertFalse(status != 200 && text(response).contains("SOURCE"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "MKCOL", "anything"})
    void everyMethodIsThePrograms(String method) throws IOException {
        assertEquals(method + " /script.php||script.php", text(answer(site(new Echo(), false, Guard.NONE), request(method, "/script.php"))));
    }

    @Test
    void noArchiveHoldsAProgram() throws IOException {
        Site site = site(new Echo(), false, Guard.NONE, List.of());
        for (String target : List.of("/?zip", "/cgi-bin/?zip", "/blog/?tar", "/dir.php/?tar")) {
            Response response = answer(site, request("GET", target));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            switch (response.content()) {
                case Content.Stream stream -> stream.producer().writeTo(out);
                case Content.Excerpt excerpt -> excerpt.whole().writeTo(out, 0, excerpt.length());
                default -> throw new AssertionError(target);
            }
            String names = out.toString(StandardCharsets.ISO_8859_1);
            assertTrue(names.contains("plain.txt") || !target.equals("/?zip"), target);
            assertFalse(names.contains("index.php") || names.contains("cgi-bin/list") || names.contains("alias.txt")
                    || names.contains("inner.php"), target);
        }
    }

    /// Where the system keeps its programs is a custom, and a link there another.
    @Test
    void noArchiveAndNoChecksumHoldsAProgramThatALinkLeadsTo(@TempDir Path elsewhere) throws IOException {
        Files.createDirectories(elsewhere.resolve("site"));
        Files.createDirectories(elsewhere.resolve("lib/sub"));
        Files.writeString(elsewhere.resolve("lib/list"), "SOURCE");
        Files.writeString(elsewhere.resolve("lib/sub/more"), "SOURCE");
        Files.createSymbolicLink(elsewhere.resolve("site/cgi-bin"), elsewhere.resolve("lib"));
        Programs programs = new Programs(List.of(rule("/cgi-bin/", true, new Echo())));
        Site site = new Site(new Docroot(elsewhere.resolve("site"), new Visibility(false, false), true, programs, lib.site.DocumentCache.NONE), manners(List.of(), false), Guard.NONE,
                new MediaTypes(java.util.Map.of()), 10, programs, new lib.site.Walks(1));
        for (String target : List.of("/cgi-bin/?tar", "/cgi-bin/sub/?tar", "/?tar&only=cgi-bin", "/cgi-bin/SHA256SUMS", "/cgi-bin/?zip")) {
            Response response = answer(site, request("GET", target));
            assertEquals(200, response.status().code(), target);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            switch (response.content()) {
                case Content.Stream stream -> stream.producer().writeTo(out);
                case Content.Excerpt excerpt -> excerpt.whole().writeTo(out, 0, excerpt.length());
                default -> throw new AssertionError(target);
            }
            String shown = out.toString(StandardCharsets.ISO_8859_1);
            assertFalse(shown.contains("SOURCE") || shown.contains("list") || shown.contains("more"), target);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/new.php", "/new.PHP", "/blog/new.php", "/cgi-bin/new", "/Cgi-Bin/new", "/dir.php/x.pHp"})
    void nobodyWritesAProgram(String target) throws IOException {
        Response response = answer(site(new Echo(), false, Guard.NONE), request("PUT", target));
        assertEquals(403, response.status().code());
        assertFalse(Files.exists(tree.resolve(target.substring(1))));
    }

    @Test
    void rulesOfAccessComeFirst() throws IOException {
        Guard shut = new Guard(Optional.empty(), new Access(List.of(new Access.Rule(List.of("cgi-bin"), new Access.Methods.All(), new Access.Who.Nobody()),
                new Access.Rule(List.of("blog", "index.php"), new Access.Methods.All(), new Access.Who.Nobody())), false));
        Echo echo = new Echo();
        Site site = site(echo, false, shut);
        for (String target : List.of("/cgi-bin/list", "/cgi-bin/list/more", "/blog/index.php", "/blog/")) {
            assertEquals(403, answer(site, request("GET", target)).status().code(), target);
        }
        assertEquals(List.of(), echo.errands);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            /no/such/page ; text/html ; 200
            /no/such.png  ; image/png ; 404
            /plain.txt    ; text/html ; 200
            """)
    void anApplicationThatRoutesByItselfGetsThePagesThatAreMissing(String target, String accept, int status) throws IOException {
        Echo echo = new Echo();
        assertEquals(status, answer(site(echo, true, Guard.NONE), request("GET", target, "Accept", accept)).status().code());
        boolean missing = target.startsWith("/no/such/");
        assertEquals(missing ? List.of("/index.php") : List.of(), echo.errands.stream().map(Errand::name).toList());
    }

    @Test
    void theWordsOfAProgramStandButForTheOperators() throws IOException {
        Response response = answer(site(new Echo(), false, Guard.NONE), request("GET", "/script.php"));
        assertEquals(List.of("mine"), response.fields().values("X-Frame-Options"));
        assertEquals(List.of("nosniff"), response.fields().values("X-Content-Type-Options"));
    }

    @ParameterizedTest
    @CsvSource({"/plain.txt, 200", "/script.php/again, 200", "/nothing, 404", "no-path, 502", "https://example.com/, 502"})
    void aLocalRedirectIsAnsweredAsIfItHadBeenAskedFor(String target, int status) throws IOException {
        Echo echo = new Echo();
        echo.outcome = target.startsWith("https:") ? new Gateway.Redirected("//" + "\u0001") : new Gateway.Redirected(target);
        Response response = answer(site(echo, false, Guard.NONE), request("POST", "/script.php", "Content-Type", "text/plain", "X-Mine", "1"));
        assertEquals(status, response.status().code());
        if (target.startsWith("/script.php")) {
            assertEquals("GET /script.php|/again|script.php", text(response));
            assertEquals(Fields.of("X-Mine", "1"), echo.errands.getLast().request().fields());
        }
    }

    @Test
    void programsThatLeadInCirclesEnd() throws IOException {
        int[] asked = {0};
        Gateway circle = new Gateway() {
            @Override
            public Outcome ask(Errand errand) {
                asked[0]++;
                return new Redirected("/script.php");
            }

            @Override
            public void rest() {}

            @Override
            public void close() {}
        };
        assertEquals(502, answer(site(circle, false, Guard.NONE), request("GET", "/script.php")).status().code());
        assertEquals(11, asked[0]);
    }

    @Test
    void whatAProgramCannotAnswerIsOurPage() throws IOException {
        Echo echo = new Echo();
        echo.outcome = new Gateway.Failed(Status.GATEWAY_TIMEOUT);
        Response response = answer(site(echo, false, Guard.NONE), request("GET", "/script.php", "Accept", "text/html"));
        assertEquals(504, response.status().code());
        assertTrue(text(response).startsWith("<!DOCTYPE html>"), text(response));
    }

    @ParameterizedTest
    @CsvSource({"/cgi-bin/, /cgi-bin/", "/cgi-bin, /cgi-bin/", "/cgi-bin/*, /cgi-bin/", "*.php, *.php", "**.cgi, *.cgi",
            "/app/*.pl, /app/*.pl", "/, /", "/*, /", "*, /"})
    void aPatternIsReadAsItIsMeant(String text, String meant) {
        assertEquals(meant, PathPattern.parse(text).orElseThrow().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "php", "cgi-bin/", ".php", "/a*b/*.php", "/a*", "*.php/x", "/../x/", "*/x/*.php"})
    void whatIsNoPatternIsRefused(String text) {
        assertEquals(Optional.empty(), PathPattern.parse(text));
    }
}
