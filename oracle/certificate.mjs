// A self-signed certificate, new for every run, so that no private key lies in the repository.
//
// Chromium is told to ignore what is wrong with certificates, so this one names nobody; it only has to parse (RFC 5280).
// Forty lines of DER take the place of a package with twenty others behind it.

import { createSign, generateKeyPairSync } from "node:crypto";

/// DER's universal types, as far as they occur (X.690).
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;

const COMMON_NAME = Buffer.from([0x55, 0x04, 0x03]);
const ECDSA_WITH_SHA256 = Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);

/// One element. DER wants its length in the fewest bytes.
function der(type, ...parts) {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { length } = content;
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([type, ...lengthBytes]), content]);
}

/// Gives { key, cert } in PEM.
export function selfSigned() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(SEQUENCE, der(OBJECT_IDENTIFIER, ECDSA_WITH_SHA256));
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, der(OBJECT_IDENTIFIER, COMMON_NAME), der(UTF8_STRING, Buffer.from("oracle")))));
  const validity = der(SEQUENCE, ...["000101000000Z", "491231235959Z"].map((time) => der(UTC_TIME, Buffer.from(time))));
  const subjectKey = publicKey.export({ type: "spki", format: "der" });
  // Version 1, the default, which has no extensions.
  const toBeSigned = der(SEQUENCE, der(INTEGER, [1]), algorithm, name, validity, name, subjectKey);
  const signature = createSign("sha256").update(toBeSigned).sign(privateKey);
  const certificate = der(SEQUENCE, toBeSigned, algorithm, der(BIT_STRING, [0], signature));
  const lines = certificate.toString("base64").match(/.{1,64}/g).join("\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
