import Hummingbird
import HummingbirdTLS
import HummingbirdHTTP2
import GRDB
import Crypto
import ArgumentParser
import Configuration
import AsyncHTTPClient
print("x")
