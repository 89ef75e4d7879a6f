//! Generates the implementations for a parsed model.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit};

use crate::parse::{Attribute, Block, Member, MemberKind, Mode, Model, Nesting, Rule};

pub(crate) fn model(model: &Model) -> TokenStream {
    let name = &model.name;
    let version = model.version;
    let block = block(model);
    let decode = decode(model);
    let encode = encode(model);
    let uses = uses(model);
    let element = element(model);
    let accessors = accessors(model);
    quote! {
        #[automatically_derived]
        const _: () = {
            use ::tfplugin::model::derive as __tfplugin;

            impl ::tfplugin::Model for #name {
                const VERSION: i64 = #version;
                const USES: __tfplugin::Uses = #uses;

                fn block() -> ::tfplugin::schema::Block {
                    #block
                }

                fn decode(
                    value: ::tfplugin::Dynamic,
                    path: &::tfplugin::Path,
                ) -> ::tfplugin::Result<Self> {
                    #decode
                }

                fn encode(self) -> ::tfplugin::Dynamic {
                    #encode
                }
            }

            #element
            #accessors
        };
    }
}

/// Accessors of attributes that know their path, for code that needs a known value.
fn accessors(model: &Model) -> TokenStream {
    let model_name = &model.name;
    let accessors = model.members.iter().map(|member| {
        let Member {
            field,
            visibility,
            ty,
            name,
            kind: MemberKind::Attribute(_),
            ..
        } = member
        else {
            return TokenStream::new();
        };
        let unraw = field.unraw();
        let expect = format_ident!("expect_{unraw}", span = Span::call_site());
        let or_null = format_ident!("{unraw}_or_null", span = Span::call_site());
        let element = quote_spanned!(span_of(ty) => <#ty as __tfplugin::Field>::Element);
        let expect_doc = format!("The value of `{name}`, or an error if it is null or unknown.");
        let or_null_doc = format!("The value of `{name}`, or an error if it is unknown.");
        quote! {
            #[doc = #expect_doc]
            ///
            /// # Errors
            /// If the value is null or unknown.
            #[allow(dead_code, unreachable_pub)]
            #visibility fn #expect(&self) -> ::tfplugin::Result<&#element> {
                __tfplugin::expect_known(&self.#field, #name)
            }

            #[doc = #or_null_doc]
            ///
            /// # Errors
            /// If the value is unknown.
            #[allow(dead_code, unreachable_pub)]
            #visibility fn #or_null(
                &self,
            ) -> ::tfplugin::Result<::std::option::Option<&#element>> {
                __tfplugin::known_or_null(&self.#field, #name)
            }
        }
    });
    quote! {
        impl #model_name {
            #(#accessors)*
        }
    }
}

/// Implements `Element` for models without blocks. Attributes cannot hold blocks.
fn element(model: &Model) -> TokenStream {
    let name = &model.name;
    if model
        .members
        .iter()
        .any(|m| matches!(m.kind, MemberKind::Block(_)))
    {
        return TokenStream::new();
    }
    quote! {
        impl ::tfplugin::Element for #name {
            const MODEL_DEPTH: u8 = 1;
            const USES: __tfplugin::Uses = <Self as ::tfplugin::Model>::USES;

            fn shape() -> ::tfplugin::schema::Shape {
                __tfplugin::shape::<Self>()
            }

            fn decode(
                value: ::tfplugin::Dynamic,
                path: &::tfplugin::Path,
            ) -> ::tfplugin::Result<Self> {
                <Self as ::tfplugin::Model>::decode(value, path)
            }

            fn encode(self) -> ::tfplugin::Dynamic {
                <Self as ::tfplugin::Model>::encode(self)
            }

            fn validators() -> ::std::vec::Vec<::tfplugin::schema::Validator> {
                __tfplugin::validators::<Self>()
            }
        }
    }
}

/// The options that the model and the models in it use.
fn uses(model: &Model) -> TokenStream {
    let inner = model.members.iter().map(|member| {
        let ty = &member.ty;
        match &member.kind {
            MemberKind::Attribute(_) => quote_spanned!(span_of(ty) => __tfplugin::uses::<#ty>()),
            MemberKind::Block(block) => {
                let nesting = nesting(block.nesting);
                quote_spanned!(span_of(ty) => __tfplugin::block_uses::<__tfplugin::nesting::#nesting, #ty>())
            }
        }
    });
    let has = |option: fn(&Attribute) -> bool| {
        let mut kinds = model.members.iter().map(|member| &member.kind);
        kinds.any(|kind| matches!(kind, MemberKind::Attribute(attribute) if option(attribute)))
    };
    let computed = has(|a| a.computed);
    let write_only = has(|a| a.write_only);
    let versioned_by = has(|a| a.versioned_by.is_some());
    let sensitive = has(|a| a.sensitive);
    let deprecated = has(|a| a.deprecated.is_some());
    let modifiers = has(|a| {
        a.keep
            || a.requires_replace
            || a.requires_replace_if_configured
            || a.requires_replace_if.is_some()
    });
    quote! {
        __tfplugin::Uses {
            computed: #computed,
            write_only: #write_only,
            versioned_by: #versioned_by,
            sensitive: #sensitive,
            deprecated: #deprecated,
            modifiers: #modifiers,
        }
        #(.and(#inner))*
    }
}

fn block(model: &Model) -> TokenStream {
    let description = &model.description;
    let deprecated = option(model.deprecated.as_ref());
    let attributes = model
        .members
        .iter()
        .filter_map(|member| match &member.kind {
            MemberKind::Attribute(kind) => Some(attribute(member, kind)),
            MemberKind::Block(_) => None,
        });
    let blocks = model
        .members
        .iter()
        .filter_map(|member| match &member.kind {
            MemberKind::Block(kind) => Some(nested(member, kind)),
            MemberKind::Attribute(_) => None,
        });
    let validators = model.validators.iter().map(|check| {
        quote_spanned! { span_of(check) =>
            __tfplugin::model_validator::<Self, _>(|model| (#check)(model))
        }
    });
    let rules = model.rules.iter().map(|rule| self::rule(rule, model));
    quote! {
        __tfplugin::model_block(
            #description,
            #deprecated,
            ::std::vec![#(#attributes),*],
            ::std::vec![#(#blocks),*],
            ::std::vec![#(#rules,)* #(#validators),*],
        )
    }
}

fn rule(rule: &Rule, model: &Model) -> TokenStream {
    let kind = match rule.option.to_string().as_str() {
        "conflicts" => quote!(Conflicts),
        "exactly_one_of" => quote!(ExactlyOneOf),
        "at_least_one_of" => quote!(AtLeastOneOf),
        _ => quote!(RequiredTogether),
    };
    let members = rule.names.iter().map(|name| {
        let mut members = model.members.iter();
        let is_block = members.any(|member| {
            member.name == name.value() && matches!(member.kind, MemberKind::Block(_))
        });
        quote!(__tfplugin::RuleMember { name: #name, is_block: #is_block })
    });
    quote! {
        __tfplugin::rule(__tfplugin::RuleKind::#kind, &[#(#members),*])
    }
}

fn attribute(member: &Member, attribute: &Attribute) -> TokenStream {
    let Member {
        ty,
        name,
        description,
        ..
    } = member;
    let mode = match attribute.mode {
        Mode::Required => quote!(Required),
        Mode::Optional => quote!(Optional),
        Mode::OptionalComputed => quote!(OptionalComputed),
        Mode::Computed => quote!(Computed),
    };
    let create = if attribute.sensitive || attribute.write_only {
        quote!(secret_attribute)
    } else {
        quote!(attribute)
    };
    let new_attribute = quote_spanned! { span_of(ty) =>
        __tfplugin::#create::<#ty>(#name, ::tfplugin::schema::Mode::#mode, #description)
    };
    let settings = settings(member, attribute);
    if settings.is_empty() {
        return new_attribute;
    }
    quote! {{
        let mut attribute = #new_attribute;
        #(#settings)*
        attribute
    }}
}

/// The statements that set the fields beyond name, type, mode and description.
fn settings(member: &Member, attribute: &Attribute) -> Vec<TokenStream> {
    let Member { ty, name, .. } = member;
    let mut settings = Vec::new();
    if attribute.sensitive {
        settings.push(quote!(attribute.sensitive = true;));
    }
    if attribute.write_only {
        settings.push(quote!(attribute.write_only = true;));
    }
    if let Some(version) = &attribute.versioned_by {
        settings.push(quote! {
            attribute.versioned_by =
                ::std::option::Option::Some(::std::borrow::ToOwned::to_owned(#version));
        });
    }
    if attribute.deprecated.is_some() {
        let deprecated = option(attribute.deprecated.as_ref());
        settings.push(
            quote!(attribute.deprecated = #deprecated.map(::std::borrow::ToOwned::to_owned);),
        );
    }
    if let Some(default) = &attribute.default {
        let value = default_value(default);
        settings.push(quote_spanned! { span_of(default) =>
            attribute.default =
                ::std::option::Option::Some(__tfplugin::default::<#ty>(#value));
        });
    }
    if attribute.keep {
        settings.push(quote! {
            attribute.modifiers.push(::tfplugin::schema::Modifier::KeepPrior);
        });
    }
    if attribute.requires_replace {
        settings.push(quote! {
            attribute.modifiers.push(::tfplugin::schema::Modifier::RequiresReplace);
        });
    }
    if attribute.requires_replace_if_configured {
        settings.push(quote! {
            attribute
                .modifiers
                .push(::tfplugin::schema::Modifier::RequiresReplaceIfConfigured);
        });
    }
    if let Some(condition) = &attribute.requires_replace_if {
        settings.push(quote_spanned! { span_of(condition) =>
            attribute
                .modifiers
                .push(__tfplugin::replace_if::<#ty>(|prior, planned| (#condition)(prior, planned)));
        });
    }
    for check in &attribute.validators {
        // The closure lets a `fn(&str)` validate a `String`.
        settings.push(quote_spanned! { span_of(check) =>
            attribute
                .validators
                .push(__tfplugin::validator::<#ty, _>(#name, |value| (#check)(value)));
        });
    }
    settings
}

/// A string literal is converted to the element type; any other expression must have that type.
fn default_value(default: &Expr) -> TokenStream {
    match default {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => quote_spanned!(span_of(text) => ::std::convert::From::from(#text)),
        other => quote!(#other),
    }
}

fn nested(member: &Member, block: &Block) -> TokenStream {
    let Member {
        ty,
        name,
        description,
        ..
    } = member;
    let nesting = nesting(block.nesting);
    let (min, max) = (block.min, block.max);
    let deprecated = option(block.deprecated.as_ref());
    quote_spanned! { span_of(ty) =>
        __tfplugin::block::<__tfplugin::nesting::#nesting, #ty>(
            #name,
            ::tfplugin::schema::Nesting::#nesting,
            (#min, #max),
            #description,
            #deprecated,
        )
    }
}

fn decode(model: &Model) -> TokenStream {
    let fields: Vec<_> = model.members.iter().map(|m| &m.field).collect();
    let lines = model.members.iter().map(|member| {
        let Member {
            field, ty, name, ..
        } = member;
        match &member.kind {
            MemberKind::Attribute(_) => quote_spanned! { span_of(ty) =>
                let #field = fields.attribute::<#ty>(#name);
            },
            MemberKind::Block(block) => {
                let nesting = nesting(block.nesting);
                quote_spanned! { span_of(ty) =>
                    let #field = fields.block::<__tfplugin::nesting::#nesting, #ty>(#name);
                }
            }
        }
    });
    // All fields are decoded before the first `?`, so that the errors of all fields are reported.
    quote! {
        let mut fields = __tfplugin::Fields::new(value, path)?;
        #(#lines)*
        let model = (|| ::std::option::Option::Some(Self { #(#fields: #fields?),* }))();
        fields.finish(model)
    }
}

fn encode(model: &Model) -> TokenStream {
    let entries = model.members.iter().map(|member| {
        let Member {
            field, ty, name, ..
        } = member;
        match &member.kind {
            MemberKind::Attribute(_) => quote_spanned! { span_of(ty) =>
                (#name, <#ty as __tfplugin::Field>::encode(self.#field))
            },
            MemberKind::Block(block) => {
                let nesting = nesting(block.nesting);
                quote_spanned! { span_of(ty) =>
                    (
                        #name,
                        <#ty as __tfplugin::BlockField<__tfplugin::nesting::#nesting>>::encode(
                            self.#field,
                        ),
                    )
                }
            }
        }
    });
    quote! {
        __tfplugin::object([#(#entries),*])
    }
}

/// The span for generated code. Compiler errors point at the source, but names resolve at the call
/// site, even where another macro generates the struct.
fn span_of(source: &impl Spanned) -> Span {
    Span::call_site().located_at(source.span())
}

fn nesting(nesting: Nesting) -> TokenStream {
    match nesting {
        Nesting::Single => quote!(Single),
        Nesting::Group => quote!(Group),
        Nesting::List => quote!(List),
        Nesting::Set => quote!(Set),
        Nesting::Map => quote!(Map),
    }
}

fn option(text: Option<&syn::LitStr>) -> TokenStream {
    text.map_or_else(
        || quote!(::std::option::Option::None),
        |text| quote!(::std::option::Option::Some(#text)),
    )
}
