// A certificate for the loopback, and its key, for tests only: nobody else trusts it. Valid until 2126. Made by:
// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost
//   -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1'

export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOAGDT4/nYenXeTxL
HehGnEgu5mD3+MXduPMJaR3e+1GhRANCAAShePgEn2NhNBEECNITgiEFlkW+jiS7
Zlon6O/gx7vgk6N7+aprcLH+si72FgAIZesKEXsYG+k/w5hoTdnh5TLP
-----END PRIVATE KEY-----`;

export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUJXyae6Qq6yJxJ2szlU0JBziMKDUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTA4NDQ1NVoYDzIxMjYxMTA1
MDg0NDU1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAShePgEn2NhNBEECNITgiEFlkW+jiS7Zlon6O/gx7vgk6N7+aprcLH+
si72FgAIZesKEXsYG+k/w5hoTdnh5TLPo28wbTAdBgNVHQ4EFgQUK+Eu5m7qzOXb
xI25QDOVscmHUiswHwYDVR0jBBgwFoAUK+Eu5m7qzOXbxI25QDOVscmHUiswDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgSpY/dPalDoNe7F1TcH3EONV6gcua8zMG+MIOQdfzf2wCIBaU
R4328++kWQdl3vfYDm22ezYJpgyaqE8ed+BWbpR9
-----END CERTIFICATE-----`;
