package awsjson

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strconv"
)

func (x *exchange) write(status int, contentType string, body []byte) {
	h := x.w.Header()
	if contentType != "" {
		h.Set("Content-Type", contentType)
	} else {
		h["Content-Type"] = nil // the service sends none: keep net/http from guessing one
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // a client that went away is nobody's error
}

// json writes v as the service does: no escaping of <, > and &, no final newline.
func (x *exchange) json(status int, v any) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		x.Logger.Error("answer not encoded", "operation", x.operation, "error", err)
		x.write(http.StatusInternalServerError, typeJSON, []byte(`{"__type":"InternalFailure"}`))
		return
	}
	contentType := typeJSON
	if x.contentType == typePlain {
		contentType = typePlain
	}
	x.write(status, contentType, bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
}

func (x *exchange) fault(f *Fault) {
	body := map[string]any{"__type": f.Code}
	if f.Message != "" {
		body["message"] = f.Message
	}
	x.json(f.Status, body)
}

// coral answers a request that came as application/json: the older protocol,
// in which no operation works.
func (x *exchange) coral(status int, code string) {
	x.json(status, map[string]any{
		"Output":  map[string]any{"__type": "com.amazon.coral.service#" + code},
		"Version": "1.0",
	})
}

// xml answers a request whose protocol is not known.
func (x *exchange) xml(status int, code, message string) {
	var buf bytes.Buffer
	if message == "" {
		buf.WriteString("<" + code + "/>\n")
	} else {
		buf.WriteString("<" + code + ">\n  <Message>")
		_ = xml.EscapeText(&buf, []byte(message)) // a bytes.Buffer takes everything
		buf.WriteString("</Message>\n</" + code + ">\n")
	}
	x.write(status, "", buf.Bytes())
}

const cborWayOut = "CBOR is not served by this emulator; set AWS_CBOR_DISABLE=true (Java: -Daws.cborEnabled=false) to make the client send JSON."

// cborError is an error as CBOR: an indefinite-length map of text strings.
func cborError(code, message string) []byte {
	out := []byte{0xbf}
	out = append(cborText(out, "__type"), cborText(nil, code)...)
	if message != "" {
		out = append(cborText(out, "message"), cborText(nil, message)...)
	}
	return append(out, 0xff)
}

// cborText appends a text string of up to 255 bytes; the texts here are constants shorter than that.
func cborText(out []byte, s string) []byte {
	const text, short, oneByte = 0x60, 24, 0x78
	if len(s) < short {
		out = append(out, text|byte(len(s)))
	} else {
		out = append(out, oneByte, byte(len(s)))
	}
	return append(out, s...)
}
