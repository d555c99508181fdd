///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+

// Comanche: a small web server that needs no installation. This file is the table of contents: the sources below are
// its chapters in reading order, and each mentions only those above it.

//DEPS info.picocli:picocli:4.7.7

//COMPILE_OPTIONS -Xlint:all -Werror -XDignore.symbol.file -XDstringConcat=inline
//RUNTIME_OPTIONS -XX:+UseSerialGC -Xmx256m -XX:-UsePerfData

// I. The vocabulary of HTTP
//SOURCES lib/http/Status.java
//SOURCES lib/http/HttpDate.java
//SOURCES lib/http/Tokens.java
//SOURCES lib/http/EntityTag.java
//SOURCES lib/http/MediaTypes.java
//SOURCES lib/http/Fields.java
//SOURCES lib/http/Authority.java
//SOURCES lib/http/Target.java
//SOURCES lib/http/ByteRanges.java
//SOURCES lib/http/Negotiation.java
//SOURCES lib/http/Request.java
//SOURCES lib/http/Content.java
//SOURCES lib/http/Response.java

// II. Octets to messages and back
//SOURCES lib/wire/Limits.java
//SOURCES lib/wire/Framing.java
//SOURCES lib/wire/HeadParser.java
//SOURCES lib/wire/Inbox.java
//SOURCES lib/wire/RequestContent.java
//SOURCES lib/wire/RequestReader.java
//SOURCES lib/wire/ResponseWriter.java

// III. A request becomes a response
//SOURCES lib/site/FileNames.java
//SOURCES lib/site/Visibility.java
//SOURCES lib/site/Resource.java
//SOURCES lib/site/Docroot.java
//SOURCES lib/site/Preconditions.java
//SOURCES lib/site/StaticFiles.java
//SOURCES lib/site/ListingPage.java
//SOURCES lib/site/Site.java

// IV. The machine
//SOURCES lib/host/Fault.java
//SOURCES lib/host/Setting.java
//SOURCES lib/host/PlainLine.java
//SOURCES lib/host/Endpoint.java
//SOURCES lib/host/Settings.java
//SOURCES lib/host/LogText.java
//SOURCES lib/host/LogFile.java
//SOURCES lib/host/ErrorLog.java
//SOURCES lib/host/AccessLog.java
//SOURCES lib/host/Connection.java
//SOURCES lib/host/Server.java
//SOURCES lib/host/Signals.java
//SOURCES lib/host/Banner.java

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.host.AccessLog;
import lib.host.Banner;
import lib.host.ErrorLog;
import lib.host.Fault;
import lib.host.LogFile;
import lib.host.PlainLine;
import lib.host.Server;
import lib.host.Setting;
import lib.host.Settings;
import lib.host.Signals;
import lib.http.MediaTypes;
import lib.site.Docroot;
import lib.site.Site;
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
        if (code != 0) {
            System.exit(code);
        }
    }

    private static int run(String[] arguments) throws Fault {
        Optional<Map<Setting, List<String>>> plain = PlainLine.read(List.of(arguments));
        if (plain.isPresent()) {
            return serve(Settings.of(plain.get(), System.getenv()));
        }
        return CommandTree.run(arguments);
    }

    /// The order of start-up: check, bind, answer, say so; then wait for a signal, and end in the opposite order.
    private static int serve(Settings settings) throws Fault {
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        Signals signals = new Signals(Fault.CANNOT_START);
        Site site = site(settings);
        try (ErrorLog errors = new ErrorLog(LogFile.standardError());
                AccessLog log = settings.quiet() ? AccessLog.none()
                        : new AccessLog(LogFile.standardOutput(), AccessLog.Format.COMMON, errors);
                Server server = Server.bind(settings, site, log, errors)) {
            server.start();
            say(out, Banner.format(settings.docbase(), server.addresses(), server.sockets(), isColourful()));
            signals.awaitStop();
            server.drain();
            return 0;
        } catch (InterruptedException _) {
            return Fault.CANNOT_START;
        }
    }

    private static Site site(Settings settings) throws Fault {
        try {
            Docroot docroot = new Docroot(settings.docbase(), settings.visibility(), settings.followsLinks());
            return new Site(docroot, settings.manners(), new MediaTypes(Map.of()), settings.limits().ranges());
        } catch (IOException _) {
            throw new Fault(Fault.CANNOT_START, "'" + settings.docbase() + "' is gone; name a directory that stays.");
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
        return wanted && System.console() != null && System.console().isTerminal();
    }

    /// The command line in full: commands, help, completion, and what is wrong with a line. A class of its own, so that a
    /// plain line never loads picocli.
    private static final class CommandTree {
        static int run(String[] arguments) throws Fault {
            CommandLine commandLine = commandLine();
            ParseResult line;
            try {
                line = commandLine.parseArgs(arguments);
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
            return switch (command.commandSpec().name()) {
                case "serve" -> serve(Settings.of(given(command), System.getenv()));
                case "completion" -> {
                    System.out.print(AutoComplete.bash("comanche", commandLine));
                    yield 0;
                }
                default -> throw new Fault(Fault.USAGE, "Say what to do: 'comanche serve' serves this directory, 'comanche "
                        + "--help' shows the rest.");
            };
        }

        /// The command tree. It is put together by hand rather than from annotations, which costs half as much time before
        /// the first answer.
        private static CommandLine commandLine() {
            CommandSpec root = CommandSpec.create().name("comanche");
            root.usageMessage().description("A small web server that needs no installation.");
            CommandSpec serve = CommandSpec.create().name("serve");
            serve.usageMessage().description("Serve a directory, or one file, to this machine until Ctrl+C.")
                    .footer("", "Each option can also be set in the environment: --no-listing as COMANCHE_NO_LISTING=true.",
                            "Exit codes: 0 stopped by a signal, 1 can't start, 2 wrong use.");
            serve.addPositional(PositionalParamSpec.builder().paramLabel("[DIR [PORT]]").arity("0..2").hideParamSyntax(true)
                    .type(List.class).auxiliaryTypes(String.class).description("What to serve, and on which port").build());
            for (Setting setting : Setting.values()) {
                serve.addOption(option(setting));
            }
            CommandSpec completion = CommandSpec.create().name("completion");
            completion.usageMessage().description("Print a script that teaches bash or zsh to complete comanche's options: "
                    + "source <(comanche completion).");

            for (CommandSpec spec : List.of(root, serve, completion)) {
                spec.addOption(OptionSpec.builder("-h", "--help").usageHelp(true).description("Show this help").build());
                spec.addOption(OptionSpec.builder("-V", "--version").versionHelp(true).description("Show the version").build());
                spec.usageMessage().autoWidth(true).abbreviateSynopsis(spec != completion).sortOptions(false);
            }
            root.addSubcommand("serve", new CommandLine(serve)).addSubcommand("completion", new CommandLine(completion));
            return new CommandLine(root).setExpandAtFiles(false).setOverwrittenOptionsAllowed(true);
        }

        private static OptionSpec option(Setting setting) {
            OptionSpec.Builder option = OptionSpec.builder(setting.options().toArray(String[]::new))
                    .description(setting.description() + (setting.isFlag() || setting.fallback().isEmpty() ? ""
                            : " (" + setting.fallback() + ")"));
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
