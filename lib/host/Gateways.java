package lib.host;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.gateway.CgiGateway;
import lib.gateway.FastCgiGateway;
import lib.http.Status;
import lib.site.Errand;
import lib.site.Gateway;
import lib.site.Intake;
import lib.site.Programs;

/// Which gateways do the settings want? Sites with the same programs share theirs, and what is counted there.
final class Gateways {
    /// What sites that share their gateways have in common.
    private record Same(List<ProgramSettings> programs, Intake intake) {}

    final List<Gateway> all = new ArrayList<>();
    private final Map<Same, Programs> known = new HashMap<>();
    private final Settings settings;
    private final ErrorLog errors;

    Gateways(Settings settings, ErrorLog errors) {
        this.settings = settings;
        this.errors = errors;
    }

    /// The programs of a site, and the way to each.
    Programs programs(Settings.SiteSettings site) {
        if (site.programs().isEmpty()) {
            return Programs.NONE;
        }
        Same same = new Same(site.programs(), site.manners().intake());
        if (!known.containsKey(same)) {
            known.put(same, new Programs(same.programs.stream().map(program -> rule(program, gateway(program, same.intake))).toList()));
        }
        return known.get(same);
    }

    private Gateway gateway(ProgramSettings program, Intake intake) {
        Gateway gateway = switch (program) {
            case ProgramSettings.Cgi cgi -> new CgiGateway(cgi.program(), settings.server(), intake, errors::warning,
                    Gateways::send);
            case ProgramSettings.FastCgi fast -> new FastCgiGateway(fast.application(), settings.server(), intake, errors::warning);
        };
        all.add(gateway);
        return gateway;
    }

    private static boolean send(long group, int signal) {
        try {
            Posix.kill(-group, signal);
            return true;
        } catch (Posix.Failure _) {
            return false;
        }
    }

    private static Programs.Rule rule(ProgramSettings program, Gateway gateway) {
        return switch (program) {
            case ProgramSettings.Cgi cgi -> new Programs.Rule(cgi.pattern(), cgi.program().isFile(), gateway);
            case ProgramSettings.FastCgi fast -> new Programs.Rule(fast.pattern(), fast.files(), gateway);
        };
    }

    /// The same programs, none of which runs: for a server that tries itself while it is still root.
    static Programs shut(Settings.SiteSettings site) {
        return new Programs(site.programs().stream().map(program -> rule(program, new Shut())).toList());
    }

    private record Shut() implements Gateway {
        @Override
        public Outcome ask(Errand errand) {
            return new Failed(Status.SERVICE_UNAVAILABLE);
        }

        @Override
        public void rest() {}

        @Override
        public void close() {}
    }
}
