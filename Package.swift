// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Arrows point one way: Core ← Storage ← {StorageSQLite, Web} ← {Tokens, Audit} ← Jobs ← Events ← Mail ← Identity
// ← Organizations ← Ledger ← Billing ← Operations ← App ← raptorflow.

/// With COVERAGE set our own modules count which of their lines run; dependencies stay as they are.
let isMeasured = ProcessInfo.processInfo.environment["COVERAGE"] != nil
let coverage: [SwiftSetting] =
    isMeasured ? [.unsafeFlags(["-profile-generate", "-profile-coverage-mapping"])] : []
let coverageLinking: [LinkerSetting] = isMeasured ? [.unsafeFlags(["-profile-generate"])] : []

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]
/// Features are modules, and small functions are called across their borders all the time.
let optimization: [SwiftSetting] = [.unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))]
let settings = strict + coverage + optimization

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let collections = product(name: "DequeModule", package: "swift-collections")
    static let configuration = product(name: "Configuration", package: "swift-configuration")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras = product(name: "CryptoExtras", package: "swift-crypto")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let grdbSQLite = product(name: "GRDBSQLite", package: "GRDB.swift")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdHTTP2 = product(name: "HummingbirdHTTP2", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let logging = product(name: "Logging", package: "swift-log")
    static let nio = product(name: "NIOCore", package: "swift-nio")
    static let nioExtras = product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioTLS = product(name: "NIOTLS", package: "swift-nio")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
}

/// A feature or platform target of ours.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of a module; they may use everything below App.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: ["TestSupport"] + features + dependencies,
        swiftSettings: settings, linkerSettings: coverageLinking)
}

let features: [Target.Dependency] = [
    "Core", "Storage", "StorageSQLite", "Web", "Tokens", "Audit", "Jobs", "Events", "Mail", "Identity", "Organizations",
    "Ledger", "Billing", "Operations", "App",
]

let package = Package(
    name: "RaptorFlow",
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: [.defaults, "CommandLineArguments"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CResources", path: "Resources", exclude: [], publicHeadersPath: "include"),
        .systemLibrary(name: "CArgon2", providers: [.apt(["libargon2-dev"])]),
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        module("Core", ["CResources", .crypto]),
        module("Storage", ["Core"]),
        module("StorageSQLite", ["CSQLite", "Core", "Storage", .grdb, .grdbSQLite, .collections, .crypto]),
        module(
            "Web",
            [
                "Core", "Storage", .collections, .hummingbird, .hummingbirdCore, .hummingbirdHTTP2, .nio, .nioExtras,
                .nioHTTP1, .nioPosix, .nioSSL, .nioTLS, .httpTypes, .logging, .crypto, .serviceLifecycle,
            ]),
        module("Tokens", ["Core", "Web", .crypto, .cryptoExtras]),
        module("Audit", ["Core", "Storage", "Web", .crypto]),
        module("Jobs", ["Core", "Storage", "Web", "Audit", .logging, .serviceLifecycle]),
        module("Events", ["Core", "Storage", "Web", "Audit", "Jobs"]),
        module("Mail", ["Core", "Storage", "Web", "Audit", "Jobs", "Events", .logging]),
        module(
            "Identity",
            [
                "Core", "Storage", "Web", "Audit", "Jobs", "Events", "Mail", "Tokens", "CArgon2", .crypto,
                .cryptoExtras, .logging,
            ]),
        module(
            "Organizations",
            ["Core", "Storage", "Web", "Audit", "Jobs", "Events", "Mail", "Identity", .crypto, .logging]),
        module("Ledger", ["Core", "Storage", "Web", "Audit", "Jobs", "Events", .crypto]),
        module(
            "Billing",
            [
                "Core", "Storage", "Web", "Audit", "Jobs", "Events", "Mail", "Identity", "Organizations", "Ledger",
                .crypto, .asyncHTTPClient, .nio, .logging,
            ]),
        module(
            "Operations",
            [
                "Core", "Storage", "Web", "Audit", "Jobs", "Events", "Mail", "Identity", "Organizations", "Ledger",
                "Billing", .logging, .crypto,
            ]),
        module(
            "App",
            [
                "Core", "Storage", "StorageSQLite", "Web", "Tokens", "Audit", "Jobs", "Events", "Mail", "Identity",
                "Organizations", "Ledger", "Billing", "Operations", .argumentParser, .configuration, .logging,
                .serviceLifecycle, .asyncHTTPClient, .crypto,
            ]),
        .executableTarget(
            name: "raptorflow", dependencies: ["App"], swiftSettings: settings,
            linkerSettings: coverageLinking),
        module(
            "TestSupport",
            features + [.hummingbird, .logging, .nio, .nioHTTP1, .nioPosix, .nioSSL, .httpTypes, .serviceLifecycle]),
        tests("Core"),
        tests("Storage"),
        tests("Web", [.nio, .nioPosix, .nioHTTP1, .logging, .hummingbird, .serviceLifecycle]),
        .testTarget(
            name: "TokensTests", dependencies: ["TestSupport"] + features + [.crypto, .cryptoExtras],
            exclude: ["Vectors"], swiftSettings: settings, linkerSettings: coverageLinking),
        tests("Audit"),
        tests("Jobs", [.logging, .serviceLifecycle]),
        .testTarget(
            name: "IdentityTests",
            dependencies: ["TestSupport", "CArgon2"] + features + [.crypto, .cryptoExtras],
            exclude: ["Vectors"], swiftSettings: settings, linkerSettings: coverageLinking),
        tests("Organizations", [.crypto]),
        tests("Mail", [.logging]),
        tests("Ledger", [.logging]),
        tests("Billing", [.asyncHTTPClient, .logging, .crypto]),
        tests("App", [.logging, .asyncHTTPClient]),
        .testTarget(
            name: "RepositoryTests", exclude: ["exceptions.txt"], swiftSettings: strict, linkerSettings: coverageLinking
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu2x
)
