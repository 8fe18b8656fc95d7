package io.walnut.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What this module's packages may know of. */
@AnalyzeClasses(
        packages = {"io.walnut.node", "org.apache.ratis.server.impl"},
        importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class ArchitectureTest {
    /** With the seam, which lies in a package of Ratis because it must. */
    @ArchTest
    static final ArchRule onlyRaftTouchesRatis = noClasses()
            .that()
            .resideOutsideOfPackages("io.walnut.node.raft..", "org.apache.ratis.server.impl")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.ratis..");

    @ArchTest
    static final ArchRule onlyRpcTouchesGrpc = noClasses()
            .that()
            .resideOutsideOfPackage("io.walnut.node.rpc..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.grpc..", "io.walnut.protocol..");

    @ArchTest
    static final ArchRule onlyHttpServesHttp = noClasses()
            .that()
            .resideOutsideOfPackage("io.walnut.node.http..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.sun.net.httpserver..");

    @ArchTest
    static final ArchRule theSeamKnowsNothingOfUs = noClasses()
            .that()
            .resideInAPackage("org.apache.ratis.server.impl")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.walnut..");

    /** The batcher gathers for any log, and is tested without one. */
    @ArchTest
    static final ArchRule theBatcherKnowsOnlyCommandsAndMetrics = classes()
            .that()
            .resideInAPackage("io.walnut.node.append..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.walnut.node.append..",
                    "io.walnut.node.metrics..",
                    "io.walnut.wal.logs..",
                    "com.codahale.metrics..",
                    "java..",
                    "org.slf4j..",
                    "org.jspecify.annotations..");

    @ArchTest
    static final ArchRule theConfigurationKnowsNothingOfTheNode = noClasses()
            .that()
            .resideInAPackage("io.walnut.node.config..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.walnut.node",
                    "io.walnut.node.append..",
                    "io.walnut.node.http..",
                    "io.walnut.node.local..",
                    "io.walnut.node.metrics..",
                    "io.walnut.node.raft..",
                    "io.walnut.node.rpc..",
                    "io.walnut.wal..");

    /** To local clusters the server is a program with a configuration file, ports and signals. */
    @ArchTest
    static final ArchRule localClustersKnowTheServerAsAProgramOnly = noClasses()
            .that()
            .resideInAPackage("io.walnut.node.local..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.walnut.node",
                    "io.walnut.node.append..",
                    "io.walnut.node.config..",
                    "io.walnut.node.http..",
                    "io.walnut.node.metrics..",
                    "io.walnut.node.raft..",
                    "io.walnut.node.rpc..",
                    "io.walnut.wal..");

    /** And nothing of the server but the command line, which has their verbs, knows of them. */
    @ArchTest
    static final ArchRule onlyTheCommandLineKnowsLocalClusters = classes()
            .that()
            .resideInAPackage("io.walnut.node.local..")
            .should()
            .onlyHaveDependentClassesThat()
            .belongToAnyOf(Main.class)
            .orShould()
            .onlyHaveDependentClassesThat()
            .resideInAPackage("io.walnut.node.local..");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.walnut.(**)").should().beFreeOfCycles();
}
