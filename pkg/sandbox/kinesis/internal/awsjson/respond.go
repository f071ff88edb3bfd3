package awsjson

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strconv"

	"github.com/fxamacker/cbor/v2"
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

// encode writes v in the protocol of the request. JSON is as the service's: no
// escaping of <, > and &.
func (x *exchange) encode(v any) ([]byte, error) {
	if x.contentType == typeCBOR {
		return cbor.Marshal(v)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// bodyType is the content type of answers.
func (x *exchange) bodyType() string {
	switch x.contentType {
	case typePlain, typeCBOR:
		return x.contentType
	default:
		return typeJSON
	}
}

// answer writes v in the protocol of the request.
func (x *exchange) answer(status int, v any) {
	body, err := x.encode(v)
	if err != nil {
		x.Logger.Error("answer not encoded", "operation", x.operation, "error", err)
		x.fault(&Fault{Code: internalFailure, Status: http.StatusInternalServerError})
		return
	}
	x.write(status, x.bodyType(), body)
}

func (x *exchange) fault(f *Fault) {
	if x.contentType == typeCBOR {
		x.write(f.Status, typeCBOR, cborError(f.Code, f.Message))
		return
	}
	body := map[string]any{"__type": f.Code}
	if f.Message != "" {
		body["message"] = f.Message
	}
	x.answer(f.Status, body)
}

// coral answers a request that came as application/json: the older protocol,
// in which no operation works.
func (x *exchange) coral(status int, code string) {
	x.answer(status, map[string]any{
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
