///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+

// The whole test suite: ./jbang tests/AllTests.java, or with names of test classes for only those.

//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.junit.platform:junit-platform-launcher:6.1.3
//DEPS com.google.zxing:core:3.5.3
//DEPS org.seleniumhq.selenium:selenium-chrome-driver:4.52.0
//DEPS org.seleniumhq.selenium:selenium-support:4.52.0
//DEPS com.deque.html.axe-core:selenium:4.11.1@fatjar

//SOURCES ../Comanche.java
//SOURCES ../junit/ComancheExtension.java
//SOURCES http/*.java
//SOURCES wire/*.java
//SOURCES site/*.java
//SOURCES gateway/*.java
//SOURCES host/*.java
//SOURCES process/*.java
//SOURCES torture/*.java

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/// Finds the tests, runs them, says how it went; leaves with 1 if one failed or none was found.
public final class AllTests {
    private AllTests() {}

    public static void main(String[] names) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectPackage("tests"))
                .filters(ClassNameFilter.includeClassNamePatterns(patterns(names)))
                .build();
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, summary, new Teller());

        TestExecutionSummary counts = summary.getSummary();
        counts.getFailures().forEach(failure -> {
            System.out.println("\nFAILED " + failure.getTestIdentifier().getUniqueId());
            failure.getException().printStackTrace(System.out);
        });
        long failed = counts.getTotalFailureCount();
        System.out.printf("%n%d passed, %d failed, %d skipped%n", counts.getTestsSucceededCount(), failed,
                counts.getTestsSkippedCount() + counts.getTestsAbortedCount());
        System.exit(failed == 0 && counts.getTestsSucceededCount() > 0 ? 0 : 1);
    }

    private static String[] patterns(String[] names) {
        return names.length == 0 ? new String[] {".*Test"}
                : List.of(names).stream().map(name -> "(.*\\.)?" + name).toArray(String[]::new);
    }

    /// One line for each test class when it is through, with how many tests and seconds it had, and one for each test that is not run.
    private static final class Teller implements TestExecutionListener {
        private final Map<UniqueId, Long> begun = new ConcurrentHashMap<>();
        private TestPlan plan;

        @Override
        public void testPlanExecutionStarted(TestPlan started) {
            plan = started;
        }

        @Override
        public void executionStarted(TestIdentifier test) {
            begun.put(test.getUniqueIdObject(), System.nanoTime());
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            boolean testClass = test.isContainer() && test.getUniqueIdObject().getLastSegment().getType().equals("class");
            if (testClass) {
                long tests = plan.getDescendants(test).stream().filter(TestIdentifier::isTest).count();
                Duration taken = Duration.ofNanos(System.nanoTime() - begun.get(test.getUniqueIdObject()));
                System.out.printf("%s: %d in %.1f s%n", test.getDisplayName(), tests, taken.toMillis() / 1000.0);
            }
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            System.out.println("skipped " + test.getDisplayName() + ": " + reason);
        }
    }
}
