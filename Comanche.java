///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+

// Comanche: a small web server that needs no installation. This file is the table of contents: the sources below are
// its chapters in reading order, and each mentions only those above it.

//DEPS info.picocli:picocli:4.7.7
//DEPS org.tomlj:tomlj:2.2.0
//DEPS io.nayuki:qrcodegen:1.8.0
//DEPS org.commonmark:commonmark:0.32.0
//DEPS org.commonmark:commonmark-ext-gfm-tables:0.32.0
//DEPS org.commonmark:commonmark-ext-gfm-strikethrough:0.32.0
//DEPS at.favre.lib:bcrypt:0.10.2
//DEPS commons-codec:commons-codec:1.22.0

//COMPILE_OPTIONS -Xlint:all -Werror -XDignore.symbol.file -XDstringConcat=inline
//RUNTIME_OPTIONS -XX:+UseSerialGC -Xms32m -Xmx256m -Xmn16m -XX:TrimNativeHeapInterval=10000 -Xlog:trimnative=off -XX:-UsePerfData --enable-native-access=ALL-UNNAMED
//MANIFEST Enable-Native-Access=ALL-UNNAMED

// I. The vocabulary of HTTP
//SOURCES lib/http/Tokens.java
//SOURCES lib/http/Status.java
//SOURCES lib/http/HttpDate.java
//SOURCES lib/http/EntityTag.java
//SOURCES lib/http/MediaTypes.java
//SOURCES lib/http/Fields.java
//SOURCES lib/http/Dictionary.java
//SOURCES lib/http/DigestFields.java
//SOURCES lib/http/Authority.java
//SOURCES lib/http/Target.java
//SOURCES lib/http/TargetPattern.java
//SOURCES lib/http/Query.java
//SOURCES lib/http/Disposition.java
//SOURCES lib/http/ByteRanges.java
//SOURCES lib/http/Negotiation.java
//SOURCES lib/http/Request.java
//SOURCES lib/http/Authorization.java
//SOURCES lib/http/Content.java
//SOURCES lib/http/Response.java
//SOURCES lib/http/Client.java
//SOURCES lib/http/Exchange.java
//SOURCES lib/http/Answer.java

// II. Octets to messages and back
//SOURCES lib/wire/Limits.java
//SOURCES lib/wire/Framing.java
//SOURCES lib/wire/HeadParser.java
//SOURCES lib/wire/Inbox.java
//SOURCES lib/wire/BlockStream.java
//SOURCES lib/wire/RequestContent.java
//SOURCES lib/wire/RequestReader.java
//SOURCES lib/wire/Gathering.java
//SOURCES lib/wire/ResponseWriter.java
//SOURCES lib/wire/Transfer.java
//SOURCES lib/wire/Trouble.java
//SOURCES lib/wire/TroubledChannel.java
//SOURCES lib/wire/Block.java
//SOURCES lib/wire/Multipart.java
//SOURCES lib/wire/Fingerprint.java
//SOURCES lib/wire/TlsChannel.java

// III. A request becomes a response
//SOURCES lib/site/FileNames.java
//SOURCES lib/site/Visibility.java
//SOURCES lib/site/Resource.java
//SOURCES lib/site/FileOpening.java
//SOURCES lib/site/OpenDirectory.java
//SOURCES lib/site/Placement.java
//SOURCES lib/site/Tour.java
//SOURCES lib/site/Glance.java
//SOURCES lib/site/Tree.java
//SOURCES lib/site/PathPattern.java
//SOURCES lib/site/Errand.java
//SOURCES lib/site/Gateway.java
//SOURCES lib/site/Programs.java
//SOURCES lib/site/FileIdentity.java
//SOURCES lib/site/Generations.java
//SOURCES lib/site/Copies.java
//SOURCES lib/site/DocumentCache.java
//SOURCES lib/site/Docroot.java
//SOURCES lib/site/ZippedFile.java
//SOURCES lib/site/ZipTree.java
//SOURCES lib/site/Preconditions.java
//SOURCES lib/site/Representation.java
//SOURCES lib/site/Fingerprints.java
//SOURCES lib/site/FixedDates.java
//SOURCES lib/site/StaticFiles.java
//SOURCES lib/site/NaturalOrder.java
//SOURCES lib/site/Together.java
//SOURCES lib/site/Listing.java
//SOURCES lib/site/Page.java
//SOURCES lib/site/Readme.java
//SOURCES lib/site/Pen.java
//SOURCES lib/site/Minute.java
//SOURCES lib/site/ListingText.java
//SOURCES lib/site/Selection.java
//SOURCES lib/site/Walks.java
//SOURCES lib/site/Checksums.java
//SOURCES lib/site/Tar.java
//SOURCES lib/site/TarWalk.java
//SOURCES lib/site/ZipWalk.java
//SOURCES lib/site/Archive.java
//SOURCES lib/site/ListingPage.java
//SOURCES lib/site/ReceivingPage.java
//SOURCES lib/site/FailurePage.java
//SOURCES lib/site/Writing.java
//SOURCES lib/site/Secret.java
//SOURCES lib/site/Password.java
//SOURCES lib/site/Users.java
//SOURCES lib/site/UserFile.java
//SOURCES lib/site/Guesses.java
//SOURCES lib/site/Nonces.java
//SOURCES lib/site/Remembered.java
//SOURCES lib/site/Credentials.java
//SOURCES lib/site/Access.java
//SOURCES lib/site/Guard.java
//SOURCES lib/site/Intake.java
//SOURCES lib/site/Attestation.java
//SOURCES lib/site/Draft.java
//SOURCES lib/site/Delivery.java
//SOURCES lib/site/Uploads.java
//SOURCES lib/site/Writes.java
//SOURCES lib/site/Calls.java
//SOURCES lib/site/Site.java
//SOURCES lib/site/Sites.java
//SOURCES lib/site/ToHttps.java
//SOURCES lib/site/Behaviour.java
//SOURCES lib/site/Rules.java
//SOURCES lib/site/Turns.java

// IV. Programs answer
//SOURCES lib/gateway/MetaVariables.java
//SOURCES lib/gateway/ProgramHead.java
//SOURCES lib/gateway/CgiProgram.java
//SOURCES lib/gateway/Spool.java
//SOURCES lib/gateway/Supply.java
//SOURCES lib/gateway/ErrorLines.java
//SOURCES lib/gateway/GroupSignal.java
//SOURCES lib/gateway/Family.java
//SOURCES lib/gateway/Launch.java
//SOURCES lib/gateway/RunningProgram.java
//SOURCES lib/gateway/ProgramAnswer.java
//SOURCES lib/gateway/Places.java
//SOURCES lib/gateway/CgiGateway.java
//SOURCES lib/gateway/FastCgiRecords.java
//SOURCES lib/gateway/FastCgiApplication.java
//SOURCES lib/gateway/FastCgiConnection.java
//SOURCES lib/gateway/FastCgiPool.java
//SOURCES lib/gateway/FastCgiQuestion.java
//SOURCES lib/gateway/FastCgiFeeding.java
//SOURCES lib/gateway/FastCgiConversation.java
//SOURCES lib/gateway/FastCgiGateway.java

// V. The machine
//SOURCES lib/host/Fault.java
//SOURCES lib/host/Setting.java
//SOURCES lib/host/PlainLine.java
//SOURCES lib/host/Endpoint.java
//SOURCES lib/host/Posix.java
//SOURCES lib/host/CallFilter.java
//SOURCES lib/host/LogText.java
//SOURCES lib/host/LogFile.java
//SOURCES lib/host/ErrorLog.java
//SOURCES lib/host/AccessLog.java
//SOURCES lib/host/TomlFile.java
//SOURCES lib/host/Wanted.java
//SOURCES lib/host/Unwanted.java
//SOURCES lib/host/ConfigFile.java
//SOURCES lib/host/RulesFile.java
//SOURCES lib/host/ProgramSettings.java
//SOURCES lib/host/Settings.java
//SOURCES lib/host/Configuration.java
//SOURCES lib/host/Logs.java
//SOURCES lib/host/Certificates.java
//SOURCES lib/host/LocalAuthority.java
//SOURCES lib/host/Tls.java
//SOURCES lib/host/Gateways.java
//SOURCES lib/host/Journal.java
//SOURCES lib/host/Verdict.java
//SOURCES lib/host/Witness.java
//SOURCES lib/host/Service.java
//SOURCES lib/host/Handover.java
//SOURCES lib/host/Mischief.java
//SOURCES lib/host/Doorkeeper.java
//SOURCES lib/host/Echoes.java
//SOURCES lib/host/Desk.java
//SOURCES lib/host/Asked.java
//SOURCES lib/host/Deadlines.java
//SOURCES lib/host/Connection.java
//SOURCES lib/host/Loop.java
//SOURCES lib/host/Listeners.java
//SOURCES lib/host/Server.java
//SOURCES lib/host/Signals.java
//SOURCES lib/host/PasswordPrompt.java
//SOURCES lib/host/Banner.java
//SOURCES lib/host/QrPicture.java
//SOURCES lib/host/UrlFile.java
//SOURCES lib/host/Events.java
//SOURCES lib/host/Surroundings.java
//SOURCES lib/host/Command.java
//SOURCES lib/host/OwnCommand.java
//SOURCES lib/host/NonBlockingOpening.java
//SOURCES lib/host/Confinement.java
//SOURCES lib/host/JailedPrograms.java
//SOURCES lib/host/PidFile.java
//SOURCES lib/host/Daemon.java
//SOURCES lib/host/Systemd.java
//SOURCES lib/host/Reach.java
//SOURCES lib/host/Sandbox.java
//SOURCES lib/host/Fixture.java
//SOURCES lib/host/Sbom.java

// What a browser gets from us
//FILES lib/page/listing.css=lib/page/listing.css
//FILES lib/page/listing.js=lib/page/listing.js
//FILES lib/page/upload.js=lib/page/upload.js

// What the libraries are meant to be, for comanche sbom
//FILES checksums.sha256=checksums.sha256

import java.io.ByteArrayInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.host.Banner;
import lib.host.Command;
import lib.host.Configuration;
import lib.host.Confinement;
import lib.host.Daemon;
import lib.host.ErrorLog;
import lib.host.Events;
import lib.host.Fault;
import lib.host.JailedPrograms;
import lib.host.Listeners;
import lib.host.LogFile;
import lib.host.Logs;
import lib.host.NonBlockingOpening;
import lib.host.PasswordPrompt;
import lib.host.PidFile;
import lib.host.PlainLine;
import lib.host.ProgramSettings;
import lib.host.QrPicture;
import lib.host.Sandbox;
import lib.host.Sbom;
import lib.host.Server;
import lib.host.Service;
import lib.host.Setting;
import lib.host.Setting.Profile;
import lib.host.Settings;
import lib.host.Signals;
import lib.host.Surroundings;
import lib.host.Systemd;
import lib.host.Tls;
import lib.host.UrlFile;
import lib.host.Witness;
import lib.http.Client;
import lib.http.Exchange;
import lib.http.Response;
import lib.site.Password;
import lib.site.Site;
import lib.site.Users;
import lib.wire.RequestReader;
import lib.wire.ResponseWriter;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// The script: the command tree, and the order of start-up.
public final class Comanche {
    private Comanche() {}

    public static void main(String[] arguments) {
        int code;
        try {
            code = run(arguments);
        } catch (Fault fault) {
            fault.getMessage().lines().forEach(line -> System.err.println("comanche: " + line));
            code = fault.exitCode();
        }
        System.out.flush();
        // To return ends the machine at once; exit first waits 300 ms for threads in system calls, as the JDK's pollers are.
        if (code == Command.INTERRUPTED) {
            Command.endInterrupted();
        }
        if (code != 0) {
            System.exit(code);
        }
    }

    private static int run(String[] arguments) throws Fault {
        for (String argument : arguments) {
            if (argument.startsWith("--chroot")) {
                JailedPrograms.prepare();
            }
        }
        List<String> words = List.of(arguments);
        boolean isRun = !words.isEmpty() && words.getFirst().equals("run");
        int dashes = isRun ? words.indexOf("--") : -1;
        List<String> line = dashes < 0 ? words : words.subList(0, dashes);
        List<String> command = dashes < 0 ? List.of() : words.subList(dashes + 1, words.size());
        if (isRun && command.isEmpty() && Collections.disjoint(line, List.of("-h", "--help", "-V", "--version"))) {
            throw new Fault(Fault.USAGE, "Say which command to run, behind two dashes: comanche run DIR -- COMMAND.");
        }

        Optional<Map<Setting, List<String>>> plain = PlainLine.read(line);
        if (plain.isPresent()) {
            return launch(new Configuration(profile(arguments[0]), plain.get(), System.getenv()), command);
        }
        return CommandTree.run(line, command);
    }

    private static Profile profile(String command) {
        return switch (command) {
            case "serve" -> Profile.SERVE;
            case "share" -> Profile.SHARE;
            case "run" -> Profile.RUN;
            default -> Profile.CLASSIC;
        };
    }

    /// The order of start-up, first half: check everything, and go to the background if that is wanted.
    ///
    /// @param command to run beside the server; empty for none
    private static int launch(Configuration configuration, List<String> command) throws Fault {
        Settings settings = configuration.read();
        boolean supervised = Systemd.isSupervisor(System.getenv()); // whoever supervises us wants to keep us
        boolean stays = settings.foreground() || supervised;
        if (!stays && !Daemon.isChild()) {
            return Daemon.detach(System.out, System.err);
        }
        Sandbox sandbox = Sandbox.of(settings, configuration.file());
        return serve(configuration, settings, sandbox, stays ? Optional.empty() : Optional.of(Daemon.begin()), command);
    }

    /// The order of start-up, second half: hold the pid file, open the logs, bind, give up root's power, answer, say so. Then
    /// wait for a signal, or for the command, and end in the opposite order.
    private static int serve(Configuration configuration, Settings settings, Sandbox sandbox, Optional<Daemon> daemon,
                             List<String> command) throws Fault {
        Thread.ofPlatform().name("rehearsal").daemon().start(() -> rehearse(settings));
        Confinement confinement = confinement(settings);
        Signals signals = signals(configuration, settings, daemon);
        LogFile errorFile = settings.errorLog().isPresent() ? LogFile.open(settings.errorLog().get())
                : LogFile.standardError();
        if (settings.fixture().urlFile().isPresent()) {
            UrlFile.clear(settings.fixture().urlFile().get());
        }
        try (PidFile _ = settings.pidfile().isPresent() ? PidFile.hold(settings.pidfile().get()) : null;
                ErrorLog errors = new ErrorLog(errorFile);
                Logs logs = Logs.open(settings, errors);
                Listeners listeners = listeners(settings);
                Systemd systemd = Systemd.open(System.getenv());
                Witness witness = settings.fixture().wantsWitness() ? Witness.of(settings, errors) : null) {
            Optional<Tls> tls = settings.tls().isEmpty() ? Optional.empty() : Tls.of(settings, errors);
            if (!confinement.isNone()) {
                confine(configuration, settings, confinement, logs, errorFile, errors);
            }
            if (tls.isPresent() && confinement.root().isEmpty()) {
                tls.get().watch();
            }
            Means means = new Means(configuration, confinement, sandbox, signals, logs, errors, listeners, systemd,
                    Optional.ofNullable(witness), settings.once() ? signals::finish : () -> { });
            return serve(means, settings, tls, daemon, command);
        } catch (InterruptedException _) {
            return Fault.CANNOT_START;
        }
    }

    /// What a server has for as long as it runs, however its settings change.
    private record Means(Configuration configuration, Confinement confinement, Sandbox sandbox, Signals signals, Logs logs,
                         ErrorLog errors, Listeners listeners, Systemd systemd, Optional<Witness> witness, Runnable whenHandedOver) {

        Service service(Settings settings, Optional<Tls> tls) throws Fault {
            return Service.of(settings, logs, errors, whenHandedOver, tls, witness);
        }
    }

    /// The server at work, and the code to leave with.
    private static int serve(Means means, Settings settings, Optional<Tls> tls, Optional<Daemon> daemon, List<String> command)
            throws Fault, InterruptedException {
        Listeners listeners = means.listeners;
        boolean atOnce = settings.sandbox() == Settings.Sandboxing.STRICT || !means.confinement.isNone() || daemon.isPresent();
        if (atOnce) {
            means.sandbox.shut(means.errors);
        }
        try (Server server = new Server(listeners, means.service(settings, tls), means.errors);
                UrlFile _ = settings.fixture().urlFile().isPresent() ? UrlFile.write(settings.fixture().urlFile().get(),
                        url(settings, listeners, tls)) : null) {
            server.start();
            warn(settings, listeners, means.errors);
            setEnd(settings, means.signals);
            tell(means.configuration.profile(), settings, listeners, tls, daemon, means.systemd);
            if (!atOnce && isForOthers(listeners)) {
                means.sandbox.shutLater();
            }
            int code = 0;
            if (settings.fixture().beside()) {
                code = new Command(command, surroundings(settings, listeners, tls), settings.fixture().killAfter()).run(means.signals);
                server.drain();
            } else {
                new Running(means, settings, tls, server).untilStopped();
            }
            means.logs.finish();
            return code(code, settings, means.witness);
        }
    }

    /// Can anybody connect but the users of this machine? A socket in the file system belongs to a proxy that others reach.
    private static boolean isForOthers(Listeners listeners) {
        for (InetSocketAddress address : listeners.addresses()) {
            if (!address.getAddress().isLoopbackAddress()) {
                return true;
            }
        }
        return !listeners.sockets().isEmpty();
    }

    /// A server that has nothing to read again takes a hang-up for what it is.
    private static Signals signals(Configuration configuration, Settings settings, Optional<Daemon> daemon) throws Fault {
        boolean reads = configuration.file().isPresent() || settings.rules().isPresent() || daemon.isPresent();
        return settings.fixture().beside() ? Signals.besideCommand()
                : new Signals(Fault.CANNOT_START, reads ? Signals.Event.RELOAD : Signals.Event.STOP);
    }

    /// What ends it, apart from signals.
    private static void setEnd(Settings settings, Signals signals) {
        if (settings.duration().isPresent()) {
            finishAfter(settings.duration().get(), signals);
        }
        if (settings.fixture().bound()) {
            finishWithInput(signals);
        }
    }

    /// What somebody may not have thought of.
    private static void warn(Settings settings, Listeners listeners, ErrorLog errors) {
        warnOfPlainPasswords(settings, listeners, errors);
        if (settings.startsPrograms() && settings.user().isEmpty() && System.getProperty("user.name").equals("root")) {
            errors.warning("Programs run as root, as the server does; --user has both be somebody else.");
        }
        warnOfRules(settings, errors);
    }

    /// In front of the targets, and so without a slash at its end.
    private static Banner.Way way(Settings settings, Optional<Tls> tls) {
        return new Banner.Way(tls.isPresent(), settings.mount().isEmpty() ? "" : '/' + settings.mount().get());
    }

    private static String url(Settings settings, Listeners listeners, Optional<Tls> tls) {
        return Banner.own(listeners.addresses(), listeners.sockets(), way(settings, tls));
    }

    private static Optional<Path> authority(Optional<Tls> tls) throws Fault {
        return tls.isEmpty() ? Optional.empty() : tls.get().trust().map(Tls.Trust::file);
    }

    private static Map<String, String> surroundings(Settings settings, Listeners listeners, Optional<Tls> tls) throws Fault {
        return Surroundings.of(url(settings, listeners, tls), listeners.addresses(), authority(tls), System.getenv());
    }

    /// What the exit code says of the requests, if it has nothing worse to say.
    private static int code(int code, Settings settings, Optional<Witness> witness) {
        if (witness.isEmpty()) {
            return code;
        }
        if (settings.fixture().json()) {
            say(new FileOutputStream(FileDescriptor.out), Events.stopped(witness.get()));
        }
        List<String> complaints = witness.get().complaints();
        complaints.forEach(complaint -> System.err.println("comanche: " + complaint));
        return code == 0 && !complaints.isEmpty() ? Fault.UNEXPECTED : code;
    }

    /// Who has started us holds the other end of our standard input: it closes when that process ends, however it does.
    private static void finishWithInput(Signals signals) {
        Thread.ofPlatform().name("parent").daemon().start(() -> {
            try {
                new FileInputStream(FileDescriptor.in).transferTo(OutputStream.nullOutputStream());
            } catch (IOException _) {
                // closed is closed
            }
            signals.finish();
        });
    }

    /// What the settings ask for, looked up and found possible; for programs, too.
    private static Confinement confinement(Settings settings) throws Fault {
        Confinement confinement = Confinement.of(settings.chroot(), settings.user());
        if (confinement.root().isPresent() && settings.startsPrograms()) {
            JailedPrograms.check(settings, confinement.root().get());
        }
        return confinement;
    }

    private static void finishAfter(Duration duration, Signals signals) {
        Thread.ofVirtual().name("timer").start(() -> {
            try {
                Thread.sleep(duration);
                signals.finish();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /// While this thread binds, another answers a request in memory, for a file that is not there, and writes to nowhere: the classes that the first
    /// client will need are loaded by then. Measured: 0.77 of the time on a busy machine with two cores, on a quiet one little.
    private static void rehearse(Settings settings) {
        byte[] octets = "GET /rehearsal HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        RequestReader reader = new RequestReader(Channels.newChannel(new ByteArrayInputStream(octets)), settings.limits(),
                () -> { }, () -> { });
        try {
            if (reader.next() instanceof RequestReader.Received received) {
                Exchange exchange = Exchange.of(new Client("127.0.0.1", 80, true, false));
                Response response = Service.outside(settings).sites().answer(received.request(), exchange, Instant.now())
                        .response();
                new ResponseWriter(Channels.newChannel(OutputStream.nullOutputStream()), settings.server(), () -> { })
                        .write(response, false, ResponseWriter.Afterwards.PERSIST, Instant.now());
            }
        } catch (IOException | Fault _) {
            // the first client will see
        }
        NonBlockingOpening.useIfShared(settings.site().outside());
    }

    private static Listeners listeners(Settings settings) throws Fault {
        List<Systemd.Inherited> sockets = Systemd.hasSockets(System.getenv()) ? Systemd.sockets(System.getenv()) : List.of();
        return sockets.isEmpty() ? Listeners.bind(settings) : Listeners.inherited(settings, sockets.stream()
                .map(socket -> new Listeners.Listener(socket.channel(), socket.address())).toList());
    }

    /// From here on paths are seen from the new root, and the files of the logs belong to the user that we become.
    private static void confine(Configuration configuration, Settings settings, Confinement confinement, Logs logs,
                                LogFile errorFile, ErrorLog errors) throws Fault {
        if (configuration.file().isPresent() && confinement.inside(configuration.file().get()).isEmpty()) {
            errors.warning("The configuration file " + configuration.file().get()
                    + " lies outside the new root: a change of it needs a restart.");
        }
        if (settings.tls().isPresent() && confinement.root().isPresent()) {
            errors.warning("The certificates lie outside the new root: a change of them needs a restart.");
        }
        if (confinement.identity().isPresent()) {
            handOver(confinement.identity().get(), logs, errorFile, errors);
        }
        NonBlockingOpening.use();
        confinement.warmUp(() -> warmUp(settings, errors));
        confinement.enter().forEach(errors::warning);
    }

    private static void handOver(Confinement.Identity identity, Logs logs, LogFile errorFile, ErrorLog errors) {
        try {
            UserPrincipalLookupService names = FileSystems.getDefault().getUserPrincipalLookupService();
            UserPrincipal user = names.lookupPrincipalByName(Long.toString(identity.uid()));
            GroupPrincipal group = names.lookupPrincipalByGroupName(Long.toString(identity.gid()));
            logs.giveTo(user, group);
            errorFile.giveTo(user, group);
        } catch (IOException _) {
            errors.warning("The logs can't be given to " + identity.name() + ": to open them anew may fail.");
        }
    }

    /// One request to ourselves, through everything that a client's request goes through.
    private static void warmUp(Settings settings, ErrorLog errors) {
        Site.readAhead();
        settings.users().forEach(Users::warmUp);
        try {
            ServerSocketChannel channel = ServerSocketChannel.open()
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            Listeners listeners = Listeners.inherited(settings,
                    List.of(new Listeners.Listener(channel, channel.getLocalAddress())));
            try (Server server = new Server(listeners, Service.outside(settings), errors);
                    SocketChannel client = SocketChannel.open(channel.getLocalAddress())) {
                server.start();
                client.write(ByteBuffer.wrap("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
                ByteBuffer answer = ByteBuffer.allocate(8192);
                while (client.read(answer) >= 0) {
                    answer.clear();
                }
            }
        } catch (IOException | Fault e) {
            errors.warning("The server could not try itself before it entered its new root (" + e.getMessage() + ").");
        }
    }

    /// Digest hides the password, but not what it opens.
    private static void warnOfPlainPasswords(Settings settings, Listeners listeners, ErrorLog errors) {
        for (InetSocketAddress address : listeners.addresses()) {
            if (!address.getAddress().isLoopbackAddress() && settings.tls().isEmpty() && !settings.users().isEmpty()) {
                errors.warning("Over plain HTTP, everybody on the way to port " + address.getPort()
                        + " can read the passwords; use --tls, or a proxy that does.");
                return;
            }
        }
    }

    /// What goes wrong on purpose looks like a defect to whoever has forgotten that.
    private static void warnOfRules(Settings settings, ErrorLog errors) {
        if (settings.rules().isPresent()) {
            int count = settings.rules().get().rules().size();
            errors.warning("This server misbehaves on purpose, by " + count + (count == 1 ? " rule of " : " rules of ")
                    + settings.effective().get(Setting.RULES).getLast().value() + "; without --rules it would not.");
        }
    }

    /// What a person reads, or a supervisor, or nobody.
    private static void tell(Profile profile, Settings settings, Listeners listeners, Optional<Tls> tls, Optional<Daemon> daemon,
                             Systemd systemd) throws Fault {
        if (daemon.isPresent()) {
            daemon.get().ready();
        } else if (settings.fixture().json()) {
            say(new FileOutputStream(FileDescriptor.out),
                    Events.listening(listeners.addresses(), listeners.sockets(), way(settings, tls), authority(tls)));
        } else if (!settings.fixture().beside()) {
            String path = settings.mount().isEmpty() ? "/" : '/' + settings.mount().get() + '/';
            Banner.Way way = new Banner.Way(tls.isPresent(), path);
            Optional<String> invitation = profile == Profile.SHARE && isTerminal()
                    ? Banner.invitation(listeners.addresses(), way) : Optional.empty();
            String picture = invitation.isEmpty() ? "" : QrPicture.format(invitation.get(), isColourful());
            say(new FileOutputStream(FileDescriptor.out), picture
                    + Banner.format(settings.site().outside(), listeners.addresses(), listeners.sockets(), way,
                            Banner.others(settings), tls.isPresent() ? tls.get().trust() : Optional.empty(), isColourful()));
        }
        systemd.ready("Serving");
    }

    /// A server at work, and what it does when it is asked to.
    private static final class Running {
        private final Means means;
        private final Server server;
        private final ErrorLog errors;
        private final Confinement confinement;
        private Settings settings;
        private Optional<Tls> tls;

        Running(Means means, Settings settings, Optional<Tls> tls, Server server) {
            this.means = means;
            this.server = server;
            this.errors = means.errors;
            this.confinement = means.confinement;
            this.settings = settings;
            this.tls = tls;
        }

        void untilStopped() throws InterruptedException {
            Signals signals = means.signals;
            for (Signals.Event event = signals.next(); event != Signals.Event.STOP; event = signals.next()) {
                switch (event) {
                    case RELOAD -> reload();
                    case REOPEN -> reopen();
                    case STOP -> { }
                }
            }
            means.systemd.stopping();
            server.drain();
        }

        private void reopen() {
            means.logs.reopen();
            errors.reopen();
        }

        /// If anything is wrong with the new settings, the old ones go on.
        private void reload() {
            means.systemd.reloading();
            try {
                Configuration configuration = means.configuration;
                Settings fresh = confinement.root().isEmpty() ? configuration.read()
                        : configuration.readInside(configuration.file().flatMap(confinement::inside));
                means.sandbox.check(fresh, configuration.file());
                exchange(fresh);
                fresh.needingRestart(settings).forEach(setting -> errors.warning(
                        "A change of " + setting.longOption().substring(2) + " needs a restart."));
                settings = fresh;
                errors.notice("The settings were read again and are in force.");
                warnOfRules(settings, errors);
            } catch (Fault fault) {
                fault.getMessage().lines().forEach(errors::error);
                errors.error("The settings were not good; the old ones go on.");
            }
            means.systemd.ready("Serving");
        }

        private void exchange(Settings fresh) throws Fault {
            Optional<Tls> latest = renewed(fresh);
            means.logs.exchange(fresh);
            try {
                server.exchange(fresh, means.service(fresh, latest));
            } catch (Fault fault) {
                means.logs.revert();
                throw fault;
            }
            if (!latest.equals(tls)) {
                tls.ifPresent(Tls::close);
                latest.ifPresent(Tls::watch);
            }
            tls = latest;
        }

        /// From inside a new root there is no way back to the certificates, and another user may not read them: those that
        /// we have must do then.
        private Optional<Tls> renewed(Settings fresh) throws Fault {
            boolean same = fresh.tls().equals(settings.tls());
            if (confinement.root().isPresent()) {
                if (!same) {
                    errors.warning("A change of certificates needs a restart inside a new root.");
                }
                return tls;
            }
            try {
                return Tls.of(fresh, errors);
            } catch (Fault fault) {
                if (confinement.isNone() || !same) {
                    throw fault;
                }
                errors.warning(fault.getMessage() + " The old certificates go on.");
                return tls;
            }
        }
    }

    /// A closed standard output is no reason not to serve.
    private static void say(OutputStream out, String text) {
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException _) {
            // nobody listens
        }
    }

    /// Colour is for a terminal that has not been told otherwise (no-color.org).
    private static boolean isColourful() {
        String refused = System.getenv("NO_COLOR");
        boolean wanted = (refused == null || refused.isEmpty()) && !"dumb".equals(System.getenv("TERM"));
        return wanted && isTerminal();
    }

    private static boolean isTerminal() {
        return System.console() != null && System.console().isTerminal();
    }

    /// The command line in full: commands, help, completion, and what is wrong with a line. A class of its own, so that a
    /// plain line never loads picocli.
    private static final class CommandTree {
        /// How long `stop` waits for the server to end; more than the server itself takes by default.
        private static final Duration STOPPING = Duration.ofSeconds(15);

        static int run(List<String> arguments, List<String> behind) throws Fault {
            CommandLine commandLine = commandLine();
            ParseResult line;
            try {
                line = commandLine.parseArgs(arguments.toArray(String[]::new));
            } catch (ParameterException e) {
                throw new Fault(Fault.USAGE, sentence(e));
            }

            ParseResult command = line.hasSubcommand() ? line.subcommand() : line;
            if (command.isUsageHelpRequested()) {
                command.commandSpec().commandLine().usage(System.out);
                return 0;
            }
            if (command.isVersionHelpRequested()) {
                System.out.println("Comanche " + Setting.VERSION);
                return 0;
            }
            String name = command.commandSpec().name();
            if (name.equals("completion")) {
                System.out.print(AutoComplete.bash("comanche", commandLine));
                return 0;
            }
            if (name.equals("sbom")) {
                return sbom();
            }
            if (name.equals("hash")) {
                return hash(command.matchedPositionalValue(0, List.of()));
            }
            Configuration configuration = new Configuration(profile(name), given(command), System.getenv());
            return switch (name) {
                case "check" -> check(configuration);
                case "stop" -> Daemon.stop(pidFile(configuration), STOPPING, System.out);
                case "reload" -> reload(configuration);
                case "reopen" -> Daemon.reopen(pidFile(configuration), System.out);
                case "status" -> Daemon.status(pidFile(configuration), System.out);
                default -> launch(configuration, behind);
            };
        }

        /// The bill of materials, and whether what is here is what was meant.
        private static int sbom() throws Fault {
            Sbom sbom = Sbom.of(System.getProperty("java.class.path"));
            System.out.print(sbom.text());
            sbom.complaints().forEach(complaint -> System.err.println("comanche: " + complaint));
            return sbom.complaints().isEmpty() ? 0 : Fault.CANNOT_START;
        }

        /// An entry for a file of users. The password is no argument: that could be read by everybody on this machine.
        private static int hash(List<String> words) throws Fault {
            if (words.size() > 1 || !words.stream().allMatch(Users::isName)) {
                throw new Fault(Fault.USAGE, "'hash' takes the name of one user, without a colon, or nothing.");
            }
            String password = new String(PasswordPrompt.read().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            if (password.isEmpty() || password.length() > Password.BCRYPT_OCTETS) {
                throw new Fault(Fault.USAGE, "The password is " + (password.isEmpty() ? "empty" : "too long")
                        + "; bcrypt takes from 1 to " + Password.BCRYPT_OCTETS + " octets.");
            }
            say(System.out, words.stream().map(name -> name + ':').findFirst().orElse("") + Password.hash(password) + '\n');
            return 0;
        }

        /// The settings need not be good for that: a server that runs can be stopped, whatever has become of its file.
        private static Path pidFile(Configuration configuration) throws Fault {
            return configuration.pidfile().orElseThrow(() -> new Fault(Fault.USAGE, "Say which server: with --pidfile "
                    + "FILE, or with -c FILE a configuration that names one."));
        }

        /// A bad configuration is complained of here, where somebody reads it, and the server never hears of it.
        private static int reload(Configuration configuration) throws Fault {
            configuration.read();
            return Daemon.reload(pidFile(configuration), System.out);
        }

        /// Would it start? And with what, and who said so?
        private static int check(Configuration configuration) throws Fault {
            Settings settings = configuration.read();
            confinement(settings);
            if (settings.tls().isPresent()) {
                Tls.check(settings.tls().get());
            }
            settings.effective().forEach((setting, words) -> words.forEach(word ->
                    row(setting.longOption().substring(2), setting.shown(word.value()), word.origin())));
            settings.rules().ifPresent(rules -> rules.rules().forEach(rule ->
                    row("rule", rule.about(), settings.effective().get(Setting.RULES).getLast().value())));
            List<ProgramSettings> programs = settings.site().programs();
            programs.forEach(CommandTree::row);
            settings.hosts().forEach(host -> {
                row("host", String.join(" ", host.names()), host.site().docbase().toString());
                if (!host.site().programs().equals(programs)) {
                    host.site().programs().forEach(CommandTree::row);
                }
            });
            System.out.println("It would start.");
            return 0;
        }

        private static void row(ProgramSettings program) {
            row("program", program.place(), program.answerer());
        }

        private static void row(String what, String value, String origin) {
            System.out.printf("%-18s %-32s %s%n", what, value, origin);
        }

        /// The command tree. It is put together by hand rather than from annotations, which costs half as much time before
        /// the first answer.
        private static CommandLine commandLine() {
            CommandSpec root = command("comanche", Profile.CLASSIC,
                    "A small web server that needs no installation. Without a command: the classic server, a daemon by "
                            + "/etc/comanche.toml.");
            CommandSpec serve = command("serve", Profile.SERVE,
                    "Serve a directory, or one file, to this machine until Ctrl+C.");
            CommandSpec share = command("share", Profile.SHARE,
                    "Serve it to everybody on the network: every URL, and a QR code for the telephone beside you.");
            CommandSpec run = command("run", Profile.RUN,
                    "Serve a directory while a command runs: comanche run DIR -- COMMAND. It finds the server by COMANCHE_URL and "
                            + "COMANCHE_PORT in its environment, and its exit code is ours.");
            run.usageMessage().customSynopsis("comanche run [OPTIONS] [DIR [PORT]] -- COMMAND");
            for (CommandSpec command : List.of(serve, share, run)) {
                command.addPositional(PositionalParamSpec.builder().paramLabel("[DIR [PORT]]").arity("0..2")
                        .hideParamSyntax(true).type(List.class).auxiliaryTypes(String.class)
                        .description("What to serve, and on which port").build());
            }
            CommandSpec completion = plain("completion", "Print a script that teaches bash or zsh to complete comanche's options: "
                    + "source <(comanche completion).");

            CommandSpec sbom = plain("sbom", "Print what Comanche is made of, as CycloneDX JSON; exit code 1 if a library is not the one "
                    + "that was meant.");
            CommandSpec hash = plain("hash", "Ask for a password, and print a line for a file of users (--auth-file).");
            hash.addPositional(PositionalParamSpec.builder().paramLabel("[USER]").arity("0..2").hideParamSyntax(true)
                    .type(List.class).auxiliaryTypes(String.class).description("Whose password it is").build());

            List<CommandSpec> commands = List.of(serve, share, run,
                    command("start", Profile.CLASSIC, "Start the classic server: what comanche does without a command."),
                    command("stop", Profile.CLASSIC, "Stop it, and wait until it has."),
                    command("reload", Profile.CLASSIC, "Check its settings, and have it read them again."),
                    command("reopen", Profile.CLASSIC, "Have it open its logs anew, after they were moved away (logrotate)."),
                    command("status", Profile.CLASSIC, "Say whether it runs: exit code 0 if it does, 3 if it does not."),
                    command("check", Profile.CLASSIC, "Say whether it would start, and where each setting comes from."),
                    hash, sbom, completion);
            commands.forEach(command -> root.addSubcommand(command.name(), new CommandLine(command)));
            return new CommandLine(root).setExpandAtFiles(false).setOverwrittenOptionsAllowed(true);
        }

        /// A command that takes every setting.
        private static CommandSpec command(String name, Profile profile, String description) {
            CommandSpec spec = plain(name, description);
            for (Setting setting : Setting.values()) {
                spec.addOption(option(setting, profile));
            }
            spec.usageMessage().footer("",
                    "Each option can also be set in the environment: --no-listing as COMANCHE_NO_LISTING=true.",
                    "Exit codes: 0 done, or stopped by a signal; 1 can't start; 2 wrong use; 3 --expect or --fail-on has "
                            + "something to complain of; 78 not possible on this system."
                            + (profile != Profile.RUN ? "" : " Beyond these, the command's own: 126 can't be run, 127 not found, "
                            + "128 and the number of the signal that ended it."));
            return spec;
        }

        private static CommandSpec plain(String name, String description) {
            CommandSpec spec = CommandSpec.create().name(name);
            spec.usageMessage().description(description).autoWidth(true).abbreviateSynopsis(true).sortOptions(false);
            spec.addOption(OptionSpec.builder("-h", "--help").usageHelp(true).description("Show this help").build());
            spec.addOption(OptionSpec.builder("-V", "--version").versionHelp(true).description("Show the version").build());
            return spec;
        }

        private static OptionSpec option(Setting setting, Profile profile) {
            OptionSpec.Builder option = OptionSpec.builder(setting.options().toArray(String[]::new))
                    .description(setting.description() + (setting.isFlag() || setting.fallback(profile).isEmpty() ? ""
                            : " (" + setting.fallback(profile) + ")"));
            if (setting.isFlag()) {
                return option.type(boolean.class).arity("0").build();
            }
            return option.type(List.class).auxiliaryTypes(String.class).arity("1").paramLabel(setting.placeholder())
                    .hideParamSyntax(true).build();
        }

        /// What the line says of each setting, in the shape that [PlainLine] gives it, too.
        private static Map<Setting, List<String>> given(ParseResult command) throws Fault {
            Map<Setting, List<String>> given = new EnumMap<>(Setting.class);
            for (Setting setting : Setting.values()) {
                if (command.hasMatchedOption(setting.longOption())) {
                    List<?> values = setting.isFlag() ? List.of("true")
                            : command.matchedOptionValue(setting.longOption(), List.of());
                    given.put(setting, values.stream().map(String::valueOf).toList());
                }
            }
            return PlainLine.withWords(given, command.matchedPositionalValue(0, List.of()));
        }

        /// picocli's complaint as a sentence, with what was probably meant.
        private static String sentence(ParameterException e) {
            String help = "'" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help' shows what can be said.";
            if (e instanceof UnmatchedArgumentException unmatched) {
                List<String> guesses = unmatched.getSuggestions();
                return "'" + unmatched.getUnmatched().getFirst() + "' is not known here; "
                        + (guesses.isEmpty() ? "" : "did you mean " + String.join(" or ", guesses) + "? ") + help;
            }
            String message = e.getMessage().lines().findFirst().orElse("The command line is wrong");
            return (message.endsWith(".") ? message : message + ".") + ' ' + help;
        }
    }
}
