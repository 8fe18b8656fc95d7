package io.walnut.client;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What this module and its packages may know of. */
@AnalyzeClasses(packages = "io.walnut", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** It runs on older Javas, in other people's services. */
    @ArchTest
    static final ArchRule theClientKnowsNeitherServerNorEngine = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.walnut.node..", "io.walnut.wal..", "org.apache.ratis..");

    @ArchTest
    static final ArchRule theLibraryKnowsNothingOfTheCommandLine = noClasses()
            .that()
            .resideInAnyPackage("io.walnut.client..", "io.walnut.protocol..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.walnut.cli..", "picocli..", "me.tongfei..", "com.github.freva..");

    /** It is a user of the library like any other. */
    @ArchTest
    static final ArchRule theCommandLineReachesAClusterThroughTheLibraryAlone = noClasses()
            .that()
            .resideInAPackage("io.walnut.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.grpc..", "com.google.protobuf..");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.walnut.(**)").should().beFreeOfCycles();
}
